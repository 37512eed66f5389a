// Package result holds the rows of a cached read: how they are recorded from a
// driver, handed out again as a driver's rows, and written as bytes.
//
// # The promise
//
// A [Result] never changes after it was made, and nothing that it hands out
// lets a program change it: byte slices and column names are copies. It may be
// read from any number of goroutines at once.
//
// What a program sees of a recorded read is what the driver's own rows would
// have shown it: the columns, the values with their Go types, the rows before
// an error and then that error, and the answers to the questions about column
// types. Some drivers answer these from the value of the current row, so the
// answers are recorded before the first row and at each row.
//
// What cannot be kept is not recorded: [Record] then returns rows that begin
// with what was read already and go on with the driver's own.
//
// # What is kept
//
// Values of the types that [database/sql/driver.Value] lists, of the other
// plain number types, which some drivers return as well, and nil. A value of
// any other type could hide a pointer to something that changes.
package result
