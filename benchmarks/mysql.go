package main

import (
	"context"
	"database/sql/driver"
	"net"
	"strconv"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/cacheops/cacheops/dialect/mysql"
)

// onMariaDB measures on MariaDB. The driver writes arguments into the text, as programs
// have it that count round trips: then a bare statement is one.
var onMariaDB = &product{
	name: "MariaDB", by: "go-sql-driver with interpolateParams through database/sql", dialect: mysql.Dialect,
	text:  func(statement string) string { return statement },
	start: startMariaDB, fill: fillMariaDB, connector: mariaDBConnector,
	disk: "A commit waits for no disk", synced: []string{"innodb_flush_log_at_trx_commit=1", "innodb_flush_method=fsync"},
	updates: 5,
}

// createMariaDB is createTables and insertRows in MariaDB's words.
const createMariaDB = `
CREATE TABLE posts (
	id bigint AUTO_INCREMENT PRIMARY KEY, category_id bigint NOT NULL, views bigint NOT NULL,
	title varchar(200) NOT NULL, body text NOT NULL, score double NOT NULL, visible boolean NOT NULL, created datetime NOT NULL,
	KEY posts_category (category_id)
);
INSERT INTO posts
SELECT seq, (seq - 1) DIV 50 + 1, 37 * seq % 100000, concat('A title of usual length ', lpad(seq, 6, '0')),
	'And a body, which is longer than the title is', (seq % 100) / 4.0, seq % 10 > 0, '2023-11-14 22:13:20'
FROM seq_1_to_ROWS;
CREATE TABLE notes LIKE posts;
CREATE TABLE audit LIKE posts;
INSERT INTO notes SELECT * FROM posts;
INSERT INTO audit SELECT * FROM posts;
ANALYZE TABLE posts, notes, audit`

func fillMariaDB(s server, name string, rows int) error {
	if _, err := s.SQL("", "CREATE DATABASE "+name); err != nil {
		return err
	}
	_, err := s.SQL(name, strings.ReplaceAll(createMariaDB, "ROWS", strconv.Itoa(rows)))
	return err
}

func mariaDBConnector(dsn string, trips *tripCounter) (driver.Connector, error) {
	config, err := mysqldriver.ParseDSN(dsn + "?parseTime=true&interpolateParams=true")
	if err != nil {
		return nil, err
	}
	if trips != nil {
		config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &countedConn{Conn: c, to: trips}, nil
		}
	}
	return mysqldriver.NewConnector(config)
}
