package main

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Category is a row of the table categories.
type Category struct {
	ID    int64
	Name  string `gorm:"not null;uniqueIndex"`
	About string `gorm:"not null"`
}

// Product is a row of the table products.
type Product struct {
	ID         int64
	CategoryID int64 `gorm:"not null;index"`
	Category   *Category
	Name       string `gorm:"not null"`
	About      string `gorm:"not null"`
	Price      Cents  `gorm:"not null"`
	Stock      int64  `gorm:"not null"`
	Featured   bool   `gorm:"not null"` // it is shown on the front page
}

// CartItem is a row of the table cart_items: a product in the cart of a visitor.
type CartItem struct {
	Session   string `gorm:"primaryKey"`
	ProductID int64  `gorm:"primaryKey;autoIncrement:false"`
	Product   Product
	Quantity  int64 `gorm:"not null"`
}

// Total is what the item costs.
func (i CartItem) Total() Cents { return i.Product.Price * Cents(i.Quantity) }

// Cents is an amount of money. A float64 has no exact cents.
type Cents int64

// String returns the amount as people write it.
func (c Cents) String() string { return fmt.Sprintf("%d.%02d", c/100, c%100) }

// catalog reads and writes the tables. Its methods are called by handlers, and by
// templates while they are executed. That is how the cache learns what a fragment
// depends on: it is what was read under the fragment's context.
type catalog struct{ db *gorm.DB }

// errNotFound is what is returned where there is no such row.
var errNotFound = gorm.ErrRecordNotFound

// Categories returns all of them.
func (c catalog) Categories(ctx context.Context) (list []Category, err error) {
	return list, c.db.WithContext(ctx).Order("name").Find(&list).Error
}

// CategoryOf returns the category that has the id, or errNotFound.
func (c catalog) CategoryOf(ctx context.Context, id int64) (category Category, err error) {
	return category, c.db.WithContext(ctx).First(&category, id).Error
}

// ProductOf returns the product that has the id, with its category, or errNotFound.
func (c catalog) ProductOf(ctx context.Context, id int64) (product Product, err error) {
	return product, c.db.WithContext(ctx).Preload("Category").First(&product, id).Error
}

// Within returns the cards of a category's products.
func (c catalog) Within(ctx context.Context, category int64) ([]Card, error) {
	return c.cards(ctx, "category_id = ?", category)
}

// Featured returns the cards of the products that the front page shows.
func (c catalog) Featured(ctx context.Context) ([]Card, error) {
	return c.cards(ctx, "featured = ?", true)
}

func (c catalog) cards(ctx context.Context, where string, arg any) ([]Card, error) {
	var ids []int64
	if err := c.db.WithContext(ctx).Model(&Product{}).Where(where, arg).Order("name, id").Pluck("id", &ids).Error; err != nil {
		return nil, err
	}
	list := make([]Card, len(ids))
	for i, id := range ids {
		list[i] = Card{catalog: c, ID: id}
	}
	return list, nil
}

// Card is a product as lists show it: a fragment of its own, in which the product is
// loaded. So when a product changes, its card is made anew, and the lists that hold it
// are put together from the other cards as they are. The price of it is that a list
// that nobody has seen yet asks for each of its products.
type Card struct {
	catalog

	ID int64
}

// Load returns the product.
func (c Card) Load(ctx context.Context) (product Product, err error) {
	return product, c.db.WithContext(ctx).First(&product, c.ID).Error
}

// Edit is what the form of a product changes.
type Edit struct {
	CategoryID int64
	Name       string
	Price      Cents
	Stock      int64
}

// save changes a product. It is all there is to do: what the cache holds of the product
// is dropped when the transaction of this statement has committed, and nothing else is.
func (c catalog) save(ctx context.Context, id int64, e Edit) error {
	done := c.db.WithContext(ctx).Model(&Product{ID: id}).Select("category_id", "name", "price", "stock").Updates(Product{
		CategoryID: e.CategoryID, Name: e.Name, Price: e.Price, Stock: e.Stock,
	})
	if done.Error == nil && done.RowsAffected == 0 {
		return errNotFound
	}
	return done.Error
}

// cart returns what a visitor has in the cart.
func (c catalog) cart(ctx context.Context, session string) (list []CartItem, err error) {
	return list, c.db.WithContext(ctx).Preload("Product").Where("session = ?", session).Order("product_id").Find(&list).Error
}

// put sets how many of a product are in a cart; 0 takes it out. A form that is sent
// twice changes nothing the second time.
func (c catalog) put(ctx context.Context, session string, product, quantity int64) error {
	db := c.db.WithContext(ctx)
	if quantity == 0 {
		return db.Delete(&CartItem{Session: session, ProductID: product}).Error
	}
	err := db.Select("id").First(&Product{}, product).Error
	if err != nil {
		return err
	}
	return db.Omit("Product").Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "session"}, {Name: "product_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"quantity"}),
	}).Create(&CartItem{Session: session, ProductID: product, Quantity: quantity}).Error
}

// prepare makes the tables where there are none, and fills them where they are empty.
// It goes through the cache like everything: other processes notice what it changes.
func prepare(ctx context.Context, db *gorm.DB) error {
	db = db.WithContext(ctx)
	if err := db.AutoMigrate(&Category{}, &Product{}, &CartItem{}); err != nil {
		return err
	}
	return db.Transaction(func(tx *gorm.DB) error {
		err := tx.Select("id").First(&Category{}).Error
		if !errors.Is(err, gorm.ErrRecordNotFound) {
			return err
		}
		for _, s := range seed {
			category := Category{Name: s.name, About: s.about}
			if err := tx.Create(&category).Error; err != nil {
				return err
			}
			if err := tx.Create(s.products(category.ID)).Error; err != nil {
				return err
			}
		}
		return nil
	})
}
