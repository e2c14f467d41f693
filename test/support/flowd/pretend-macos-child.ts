// Loaded into a process before its program (`--import`): from then on the platform is macOS. There koffi would load its
// own native part; here it is loaded before.
import 'koffi'

Object.defineProperty(process, 'platform', { value: 'darwin' })
