/** Whether the log is to tell of this failure: the first, the second, the fourth, …, as what fails goes on to fail. */
export function worthALine(failures: number): boolean {
  return (failures & (failures - 1)) === 0;
}
