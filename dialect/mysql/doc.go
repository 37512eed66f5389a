// Package mysql is the dialect of MySQL and MariaDB, for the database/sql driver
// github.com/go-sql-driver/mysql.
//
// It is a module of its own, for its parser.
package mysql
