export { convertPythonConfiguration, formatConversionWarning } from './convert.ts'
