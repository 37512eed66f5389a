// Package schema is what ent generates its code from.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// Category has many posts.
type Category struct{ ent.Schema }

// Fields are the columns.
func (Category) Fields() []ent.Field {
	return []ent.Field{field.String("name")}
}

// Edges are the relations.
func (Category) Edges() []ent.Edge {
	return []ent.Edge{edge.To("posts", Post.Type)}
}

// Post belongs to a category and has many tags.
type Post struct{ ent.Schema }

// Fields are the columns.
func (Post) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id"), // named, so that the program may give one: Upsert does
		field.Int("category_id"),
		field.String("title"),
		field.String("status"),
		field.Int("views").Default(0),
		field.Time("published_at").Optional().Nillable(),
	}
}

// Edges are the relations.
func (Post) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("category", Category.Type).Ref("posts").Field("category_id").Unique().Required(),
		edge.To("tags", Tag.Type),
	}
}

// Tag has many posts.
type Tag struct{ ent.Schema }

// Fields are the columns.
func (Tag) Fields() []ent.Field {
	return []ent.Field{field.String("name").Unique()}
}

// Edges are the relations.
func (Tag) Edges() []ent.Edge {
	return []ent.Edge{edge.From("posts", Post.Type).Ref("tags")}
}
