package cacheops

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
)

// migrationTables are where the common migration tools keep their state: it is
// read once, and written by programs that may not use the cache.
var migrationTables = []string{
	"__diesel_schema_migrations",  // Diesel
	"__drizzle_migrations",        // Drizzle
	"__efmigrationshistory",       // Entity Framework
	"__migrations",                // sql-migrate's forks
	"_prisma_migrations",          // Prisma
	"_sqlx_migrations",            // sqlx for Rust
	"alembic_version",             // Alembic
	"ar_internal_metadata",        // Rails
	"atlas_schema_revisions",      // Atlas, ent
	"bun_migration_locks",         // Bun
	"bun_migrations",              // Bun
	"changelog",                   // MyBatis
	"darwin_migrations",           // darwin
	"databasechangelog",           // Liquibase
	"databasechangeloglock",       // Liquibase
	"django_migrations",           // Django
	"doctrine_migration_versions", // Doctrine
	"flyway_schema_history",       // Flyway
	"goose_db_version",            // goose
	"gopg_migrations",             // go-pg
	"gorp_migrations",             // sql-migrate
	"knex_migrations",             // Knex
	"knex_migrations_lock",        // Knex
	"migrations",                  // gormigrate, xormigrate, Laravel
	"phinxlog",                    // Phinx
	"refinery_schema_history",     // Refinery
	"river_migration",             // River
	"schema_migration",            // pop and soda
	"schema_migrations",           // golang-migrate, dbmate, Rails
	"schema_version",              // tern
	"sequelizemeta",               // Sequelize
}

// policies tells what the profiles say about a table.
type policies struct {
	rules   []rule
	unnamed Profile // of tables that nothing matches
}

// newPolicies checks the profiles of a config.
func newPolicies(cfg *Config) (*policies, error) {
	rules, err := cfg.Profiles.compile(&cfg.Defaults)
	if err != nil {
		return nil, err
	}
	p := &policies{rules: rules, unnamed: Profile{
		Ops: OpNone, TTL: cfg.Defaults.TTL, Mode: cfg.Defaults.Mode, Local: cfg.Defaults.Local,
		DBAgnostic: cfg.Defaults.DBAgnostic, Lock: cfg.Defaults.Lock, SkipColumns: cfg.Defaults.SkipColumns, MaxTerms: cfg.Defaults.MaxTerms,
		CacheOnSave: cfg.Defaults.CacheOnSave,
	}.inherit(&cfg.Defaults)}
	return p, nil
}

// warn tells of settings that are seldom meant.
func (p *policies) warn(logger *slog.Logger) {
	for i := range p.rules {
		if r := &p.rules[i]; r.matchesAll() && r.profile.Ops != 0 && r.profile.Mode == Auto {
			logger.LogAttrs(context.Background(), slog.LevelWarn,
				"cacheops: a profile caches every table unasked: name the tables that are read more than they are written, and leave the ops of this one out",
				slog.String("profile", r.pattern), slog.String("ops", r.profile.Ops.String()))
		}
	}
}

// of returns what the strongest matching profile says of a table.
func (p *policies) of(t *dialect.Table) engine.Policy {
	profile, exact := p.profile(t)
	if !exact && slices.Contains(migrationTables, strings.ToLower(t.Name)) {
		return engine.Policy{TTL: profile.TTL, Migrations: true}
	}
	save := profile.CacheOnSave
	if profile.unsaved() != "" { // inherited
		save = ""
	}
	return engine.Policy{
		Save: save, SaveHere: save != "" && exact,
		Ops: analysis.Op(profile.Ops), TTL: profile.TTL,
		Never: profile.Mode == Never, Untracked: profile.Mode == Untracked,
		Local: profile.Local == Forever, Agnostic: profile.DBAgnostic, Lock: profile.Lock, MaxTerms: profile.MaxTerms,
	}
}

// profile returns the strongest matching profile, and whether it has the
// table's exact name.
func (p *policies) profile(t *dialect.Table) (profile *Profile, exact bool) {
	name := strings.ToLower(t.Name)
	qualified := strings.ToLower(t.Schema + "." + t.Name)
	for i := range p.rules {
		if r := &p.rules[i]; r.matches(name) || r.matches(qualified) {
			return &r.profile, !r.glob
		}
	}
	return &p.unnamed, false
}

// skipColumn returns the columns that no condition may use, as a function of
// table and column; nil where there are none.
func (p *policies) skipColumn() func(*dialect.Table, *dialect.Column) bool {
	skips := func(r rule) bool { return len(r.profile.SkipColumns) > 0 }
	if len(p.unnamed.SkipColumns) == 0 && !slices.ContainsFunc(p.rules, skips) {
		return nil
	}
	return func(t *dialect.Table, c *dialect.Column) bool {
		profile, _ := p.profile(t)
		return slices.Contains(profile.SkipColumns, strings.ToLower(c.Name))
	}
}

// agnostic reports whether results of some table are shared between databases.
func (p *policies) agnostic() bool {
	return p.unnamed.DBAgnostic || slices.ContainsFunc(p.rules, func(r rule) bool { return r.profile.DBAgnostic })
}

// prefix adapts the function to the machinery.
func prefix(f func(context.Context, PrefixInfo) string) func(context.Context, string, string) string {
	if f == nil {
		return nil
	}
	return func(ctx context.Context, database, table string) string {
		return f(ctx, PrefixInfo{Database: database, Table: table})
	}
}

// prefixForFunc adapts Config.PrefixFunc for the results of functions.
func prefixForFunc(f func(context.Context, PrefixInfo) string) func(context.Context, string) string {
	if f == nil {
		return nil
	}
	return func(ctx context.Context, name string) string { return f(ctx, PrefixInfo{Func: name}) }
}
