package mysql

import (
	"errors"

	"github.com/go-sql-driver/mysql"

	"github.com/cacheops/cacheops/dialect"
)

// failureNumber returns the number of an error, 0 where it is not the server's.
func failureNumber(err error) uint16 {
	if answer, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return answer.Number
	}
	return 0
}

// failureUnprepared is the refusal to prepare what can be run as a text.
const failureUnprepared = 1295 // ER_UNSUPPORTED_PS

// Failure implements [dialect.Dialect]. It goes by the error's number; see the server
// error reference of MySQL, and that of MariaDB for those from 1900 to 1999 and from 4000
// on. The classes of SQLSTATE would not do: a deadlock is in one with much else.
func (mysqlDialect) Failure(err error) dialect.Failure {
	number := failureNumber(err)
	switch number {
	case 0:
		return dialect.FailureUnknown
	case failureUnprepared:
		return dialect.FailureUnprepared
	}
	if f, ok := failureClasses[number]; ok {
		return f
	}
	return dialect.FailureStatement
}

// failureClasses tells of the errors that are no refusal of the statement for the rows
// that are there.
var failureClasses = func() map[uint16]dialect.Failure {
	classes := make(map[uint16]dialect.Failure)
	for f, numbers := range map[dialect.Failure][]uint16{
		dialect.FailureServer: {
			1023, 1030, // an error of a table's files, or of its engine
			1053, 1077, 1078, 1079, 1080, // the server shuts down, or got a signal
			1105,                                                 // unknown error
			1152, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, // the connection is broken
			1180, 1181, // an error in COMMIT, in ROLLBACK: who knows what is done
			1184, 1927, 3169, 4031, // the connection was closed, or killed
			2006, 2013, // it is gone; a driver's own, as a rule
		},
		dialect.FailureMoment: {
			1021, 1037, 1038, 1041, 1114, 1135, // no room on the disk, in memory, in the table
			1040, 1203, 1226, 1461, 1637, // too many connections, statements, transactions
			1020, 1205, 1206, 1213, 1412, 1613, 1614, 3572, // locks and other transactions
			1317, 1836, 1969, 3024, // interrupted, or out of time
			1047, 1223, 1290, 3101, 3100, // the server takes no writes now, or none of this one
			1615, // to be prepared again
		},
		dialect.FailureSyntax: {1064, 1065, 1149},
		dialect.FailureRefused: {
			1044, 1045, 1142, 1143, 1227, 1370, 1410, 1419, 1418, // rights
			1007, 1008, 1046, 1049, 1050, 1051, 1109, 1146, // databases and tables
			1052, 1054, 1060, 1061, 1072, 1091, // columns and keys
			1055, 1056, 1066, 1110, 1111, 1140, 1166, 1176, 1248, // names in a query
			1093, 1099, 1100, 1222, 1235, 1241, 1288, 1347, 1356, 1442, 1471, // what cannot be done
			1304, 1305, 1318, 1319, 1360, 1407, // routines
			1193, 1231, 1238, 1568, // variables
			1210, 1243, // what was prepared
			1906, 3105, // generated columns
		},
		dialect.FailureText: {
			1136, 1153, 1264, 1265, 1292, 1301, 1366, 1367, 1406, 1411, 1441, 1525, 1690, // a value, and the row it stands in
			3140, 3141, 3143, 3146, 4036, 4037, 4038, // JSON and the place in it
		},
	} {
		for _, number := range numbers {
			classes[number] = f
		}
	}
	return classes
}()
