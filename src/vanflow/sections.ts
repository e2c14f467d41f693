/** Descriptor codes of the sections of an AMQP 1.0 message (part 3, section 3.2) that VAN-Flow uses. */
export const SECTION = { header: 0x70, properties: 0x73, applicationProperties: 0x74, value: 0x77 } as const
