export { convertPythonConfiguration, formatConversionWarning, isPythonFlowd } from './convert.ts'
