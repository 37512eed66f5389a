package main

import (
	"database/sql"
	"net"
	"net/url"
	"os"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// source is a database that rows are read from.
type source struct {
	driver, dsn string
	dialect     dialect.Dialect
	secrets     secrets
}

// findSource reads --dsn. It is not repeated in an error: it may hold a password.
func findSource(dsn, driver string) (*source, error) {
	scheme, _, _ := strings.Cut(dsn, ":")
	kind := driver
	if kind == "" {
		switch {
		case scheme == "postgres" || scheme == "postgresql":
			kind = "postgres"
		case strings.HasPrefix(dsn, "mysql://") || strings.HasPrefix(dsn, "mariadb://"):
			kind = "mysql"
		case scheme == "sqlite" || scheme == "file" || isFile(dsn):
			kind = "sqlite"
		}
	}
	switch kind {
	case "sqlite", "sqlite3":
		return findSQLite(dsn)
	case "postgres", "postgresql", "pgx", "pq":
		return findPostgres(dsn)
	case "mysql", "mariadb":
		return findMySQL(dsn)
	case "":
		return nil, misuse("cacheops: --dsn, or %s, is no file and no postgres:// or mysql:// URL: correct it, or say with --driver what it is", dsnVariable)
	}
	return nil, misuse("cacheops: --driver %q is not known: use sqlite, postgres or mysql", driver)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// findSQLite finds a file, which is only read.
func findSQLite(dsn string) (*source, error) {
	path := dsn
	for _, scheme := range []string{"sqlite://", "sqlite:", "file://", "file:"} {
		if rest, ok := strings.CutPrefix(path, scheme); ok {
			path, _, _ = strings.Cut(rest, "?")
			if plain, err := url.PathUnescape(path); err == nil {
				path = plain
			}
			break
		}
	}
	if strings.Contains(path, "://") || !isFile(path) {
		return nil, misuse("cacheops: the SQLite file of --dsn, or %s, is not there: check its path", dsnVariable)
	}
	file, err := findUserFile(path)
	if err != nil {
		return nil, err
	}
	return &source{driver: "sqlite", dsn: file.dsn, dialect: sqlite.Dialect}, nil
}

// findPostgres checks what pgx makes of a data source name.
func findPostgres(dsn string) (*source, error) {
	s := &source{driver: "pgx", dsn: dsn, dialect: postgres.Dialect}
	wrong := misuse("cacheops: --dsn, or %s, is no address of PostgreSQL: write it as postgres://user:password@host/database, with the special characters of a password escaped, as %%40 for @ and %%2F for /", dsnVariable)
	if strings.Contains(dsn, "://") {
		if u, err := url.Parse(dsn); err != nil || misplaced(dsn, u) {
			return nil, wrong
		}
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, wrong
	}
	s.secrets.add(config.Password)
	return s, nil
}

// findMySQL makes a data source name of the driver of a URL, or takes one as it is.
func findMySQL(dsn string) (*source, error) {
	wrong := misuse("cacheops: --dsn, or %s, is no address of MySQL: write it as mysql://user:password@host:port/database, with the special characters of a password escaped, as %%40 for @ and %%2F for /", dsnVariable)
	if strings.Contains(dsn, "://") {
		u, err := url.Parse(dsn)
		if err != nil || u.Scheme != "mysql" && u.Scheme != "mariadb" || misplaced(dsn, u) || u.Hostname() == "" {
			return nil, wrong
		}
		config := mysqldriver.NewConfig()
		config.User = u.User.Username()
		config.Passwd, _ = u.User.Password()
		config.Net, config.Addr = "tcp", u.Host
		if u.Port() == "" {
			config.Addr = net.JoinHostPort(u.Hostname(), "3306")
		}
		config.DBName = strings.TrimPrefix(u.Path, "/")
		if dsn = config.FormatDSN(); u.RawQuery != "" {
			join := "?"
			if strings.Contains(dsn[strings.LastIndex(dsn, "/"):], "?") {
				join = "&"
			}
			dsn += join + u.RawQuery
		}
	}
	config, err := mysqldriver.ParseDSN(dsn)
	if err != nil || config.DBName == "" {
		return nil, wrong // without a database no name would find its table
	}
	s := &source{driver: "mysql", dsn: dsn, dialect: mysql.Dialect}
	s.secrets.add(config.Passwd)
	return s, nil
}

// open opens the database under the name that its programs gave it.
func (s *source) open(cache *cacheops.Cache, name string) (*sql.DB, error) {
	return sqlcache.Open(cache, s.driver, s.dsn, sqlcache.Config{Dialect: s.dialect, Database: name, MaxOpenConns: 1})
}
