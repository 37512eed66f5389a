// Package mysql tests the cache against a real MariaDB.
package mysql
