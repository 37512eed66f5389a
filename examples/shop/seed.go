package main

import "fmt"

// assortment is a category of an empty shop.
type assortment struct {
	name, about string
	goods       []string
}

// seed is what an empty shop is filled with: five categories of twelve products.
var seed = []assortment{
	{"Books", "Paper, with thoughts on it.", []string{
		"Atlas of Small Islands", "The Patient Gardener", "Bread at Home", "A Short History of Tea", "Knots and Ropes", "Birds of the Coast",
		"The Night Train", "Maps for Walkers", "Letters to a Cat", "Cooking with Fire", "The Clockmaker", "Stars without a Telescope",
	}},
	{"Garden", "What grows, and what helps it.", []string{
		"Watering Can", "Hand Trowel", "Garden Twine", "Terracotta Pot", "Seed Tray", "Pruning Shears",
		"Leaf Rake", "Tomato Seeds", "Lavender Seeds", "Bird Feeder", "Rain Gauge", "Kneeling Mat",
	}},
	{"Kitchen", "Pots & pans, spoons & such.", []string{
		"Cast Iron Pan", "Wooden Spoon", "Tea Kettle", "Bread Knife", "Mixing Bowl", "Salt Mill",
		"Cutting Board", "Measuring Jug", "Rolling Pin", "Cake Tin", "Enamel Mug", "Colander",
	}},
	{"Music", "Things that sound.", []string{
		"Tin Whistle", "Tuning Fork", "Ukulele", "Harmonica", "Hand Drum", "Music Stand",
		"Guitar Strings", "Shaker Egg", "Kalimba", "Metronome", "Violin Rosin", "Songbook",
	}},
	{"Outdoors", "For days without a roof.", []string{
		"Two-Person Tent", "Sleeping Bag", "Camp Stove", "Head Lamp", "Compass", "Rain Poncho",
		"Hiking Socks", "Water Bottle", "Folding Chair", "First Aid Kit", "Pocket Knife", "Day Pack",
	}},
}

// products returns the products of the assortment. The first one is for the front page.
func (a assortment) products(category int64) []Product {
	list := make([]Product, len(a.goods))
	for i, name := range a.goods {
		list[i] = Product{
			CategoryID: category, Name: name, About: fmt.Sprintf("%s, number %d of our %d.", name, i+1, len(a.goods)),
			Price: Cents(495 + 250*i + 10*len(name)), Stock: int64(3 + 7*i%20), Featured: i == 0,
		}
	}
	return list
}
