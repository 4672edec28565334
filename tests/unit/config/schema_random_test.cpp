// Random schemas and random settings: what obeys its schema is accepted and comes out equal, one mistake is refused at
// its path, and a schema that somebody broke is refused or still a schema.
#include <memory>
#include <utility>

#include "schema_rig.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::config {
namespace {

using test::SeededRandom;

constexpr std::uint64_t seeds = 300;
const std::vector<std::string> single_types{"boolean", "integer", "number",  "string",  "enum", "duration",
                                            "bytes",   "rate",    "address", "network", "file", "secret"};

struct Shape;
using ShapePointer = std::shared_ptr<const Shape>;

// Settings that obey a shape.
struct Sample {
    ShapePointer shape;
    std::string text;             // of a single value; of another one: what is written in its place, a mistake
    CheckedValue::Scalar scalar;  // what the text stands for
    std::vector<Sample> items;
    std::vector<std::pair<std::string, Sample>> members;
    bool is_written_alone = false;  // a list of one that is written as its item
};

struct Known {
    std::string name;
    ShapePointer shape;
    bool is_required = false;
    std::optional<Sample> fallback;
};

// A schema before it is written down.
struct Shape {
    std::string type;  // one of `single_types`, "array", "object" or "map"
    std::int64_t least = 0;
    std::int64_t most = 0;
    ShapePointer values;
    bool accepts_single = false;
    std::vector<Known> known;
    bool has_secret = false;
};

bool is_single(const Shape& shape) {
    return shape.type != "array" && shape.type != "object" && shape.type != "map";
}

// --- how they are written ---

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

std::string text_of(const Sample& sample) {
    if (!sample.text.empty()) {
        return sample.text;
    }
    if (sample.is_written_alone) {
        return text_of(sample.items[0]);
    }
    std::string inside;
    for (const Sample& item : sample.items) {
        inside += (inside.empty() ? "" : ", ") + text_of(item);
    }
    for (const auto& [key, value] : sample.members) {
        inside += (inside.empty() ? "" : ", ") + quoted(key) + ": " + text_of(value);
    }
    return sample.shape->type == "array" ? '[' + inside + ']' : '{' + inside + '}';
}

std::string between(const Shape& shape, const std::string& low, const std::string& high, const std::string& unit) {
    const std::string quote = unit.empty() ? "" : "\"";
    return ", " + quoted(low) + ": " + quote + std::to_string(shape.least) + unit + quote + ", " + quoted(high) + ": " +
           quote + std::to_string(shape.most) + unit + quote;
}

std::string json_of(const Shape& shape);

std::string json_of_array(const Shape& shape) {
    static const std::vector<std::string> plain{"boolean", "integer", "number"};
    const std::string& item = shape.values->type;
    const std::string type = std::ranges::find(plain, item) != plain.end() ? item : "string";
    return R"({"type": )" + (shape.accepts_single ? "[" + quoted(type) + R"(, "array"])" : R"("array")") +
           between(shape, "minItems", "maxItems", "") + R"(, "items": )" + json_of(*shape.values) + '}';
}

std::string json_of_object(const Shape& shape) {
    std::string properties;
    std::string required;
    for (const Known& known : shape.known) {
        std::string schema = json_of(*known.shape);
        if (known.fallback) {
            schema.insert(schema.size() - 1, R"(, "default": )" + text_of(*known.fallback));
        }
        properties += (properties.empty() ? "" : ", ") + quoted(known.name) + ": " + schema;
        if (known.is_required) {
            required += (required.empty() ? "" : ", ") + quoted(known.name);
        }
    }
    return R"({"type": "object", "properties": {)" + properties + R"(}, "required": [)" + required + "]}";
}

std::string json_of(const Shape& shape) {
    const std::string& type = shape.type;
    if (type == "array") {
        return json_of_array(shape);
    }
    if (type == "object") {
        return json_of_object(shape);
    }
    if (type == "map") {
        return R"({"type": "object", "additionalProperties": )" + json_of(*shape.values) + '}';
    }
    if (type == "enum") {
        std::string words = R"("word0")";
        for (std::int64_t i = 1; i <= shape.most; ++i) {
            words += ", " + quoted("word" + std::to_string(i));
        }
        return R"({"type": "string", "enum": [)" + words + "]}";
    }
    if (type == "boolean") {
        return R"({"type": "boolean"})";
    }
    if (type == "integer" || type == "number") {
        return R"({"type": )" + quoted(type) + between(shape, "minimum", "maximum", "") + '}';
    }
    if (type == "string") {
        return R"({"type": "string")" + between(shape, "minLength", "maxLength", "") + '}';
    }
    const std::string unit = type == "duration" ? "ms" : type == "bytes" ? "KiB" : type == "rate" ? "/m" : "";
    return R"({"type": "string", "format": )" + quoted(type) +
           (unit.empty() ? "" : between(shape, "formatMinimum", "formatMaximum", unit)) + '}';
}

// --- how they are made up ---

class Maker {
public:
    explicit Maker(std::uint64_t seed) : random_(seed) {}

    ShapePointer shape(unsigned depth) {
        if (depth == 0 || random_.chance(30)) {
            return single_shape();
        }
        const std::uint64_t kind = random_.below(3);
        return kind == 0 ? array_shape(depth) : kind == 1 ? map_shape(depth) : object_shape(depth);
    }

    ShapePointer object_shape(unsigned depth) {
        auto made = std::make_shared<Shape>();
        made->type = "object";
        for (std::uint64_t i = random_.below(5); i > 0; --i) {
            Known known{"key_" + std::to_string(i), shape(depth - 1), random_.chance(40), {}};
            if (!known.is_required && !known.shape->has_secret && random_.chance(50)) {
                known.fallback = sample(known.shape);
            }
            made->has_secret = made->has_secret || known.shape->has_secret;
            made->known.push_back(std::move(known));
        }
        return made;
    }

    Sample sample(const ShapePointer& shape) {
        Sample made{shape, {}, {}, {}, {}, false};
        if (is_single(*shape)) {
            fill_single(made, static_cast<std::int64_t>(
                                  random_.below(static_cast<std::uint64_t>(shape->most - shape->least + 1))) +
                                  shape->least);
        } else if (shape->type == "object") {
            for (const Known& known : shape->known) {
                if (known.is_required || random_.chance(60)) {
                    made.members.emplace_back(known.name, sample(known.shape));
                }
            }
        } else {
            const std::uint64_t count =
                random_.between(static_cast<std::uint64_t>(shape->least), static_cast<std::uint64_t>(shape->most));
            for (std::uint64_t i = 0; i < count; ++i) {
                if (shape->type == "map") {
                    made.members.emplace_back("free." + std::to_string(i), sample(shape->values));
                } else {
                    made.items.push_back(sample(shape->values));
                }
            }
            made.is_written_alone = shape->accepts_single && count == 1 && random_.chance(50);
        }
        return made;
    }

    SeededRandom& random() { return random_; }

private:
    ShapePointer single_shape() {
        auto made = std::make_shared<Shape>();
        made->type = single_types[random_.below(single_types.size())];
        made->least = static_cast<std::int64_t>(random_.between(1, 50));
        made->most = made->least + static_cast<std::int64_t>(random_.below(50));
        if (made->type == "integer" || made->type == "number") {
            made->least = -made->least;
        }
        made->has_secret = made->type == "secret";
        return made;
    }

    ShapePointer array_shape(unsigned depth) {
        auto made = std::make_shared<Shape>();
        made->type = "array";
        made->values = shape(depth - 1);
        made->least = static_cast<std::int64_t>(random_.below(3));
        made->most = made->least + static_cast<std::int64_t>(random_.below(3));
        // Where one is too few or too many, a wrong one that stands alone is two mistakes.
        const bool may_be_one = made->least <= 1 && made->most >= 1;
        made->accepts_single = is_single(*made->values) && may_be_one && random_.chance(50);
        made->has_secret = made->values->has_secret;
        return made;
    }

    ShapePointer map_shape(unsigned depth) {
        auto made = std::make_shared<Shape>();
        made->type = "map";
        made->values = shape(depth - 1);
        made->most = 3;
        made->has_secret = made->values->has_secret;
        return made;
    }

    void fill_single(Sample& made, std::int64_t n) {
        const std::string& type = made.shape->type;
        const std::string digits = std::to_string(n);
        if (type == "boolean") {
            made.text = n % 2 == 0 ? "true" : "false";
            made.scalar = n % 2 == 0;
        } else if (type == "integer" || type == "number") {
            made.text = digits;
            made.scalar = type == "integer" ? CheckedValue::Scalar(n) : CheckedValue::Scalar(static_cast<double>(n));
        } else if (type == "duration") {
            made.text = digits + "ms";
            made.scalar = n * 1'000'000;
        } else if (type == "bytes") {
            made.text = digits + "KiB";
            made.scalar = n * 1'024;
        } else if (type == "rate") {
            made.text = digits + "/m";
            made.scalar = static_cast<double>(n) * 1'000 / 60'000;
        } else {
            const std::string text = type == "string"    ? std::string(static_cast<std::size_t>(n), 'a')
                                     : type == "enum"    ? "word" + digits
                                     : type == "address" ? "host" + digits + ":80"
                                     : type == "network" ? "10." + digits + ".0.0/16"
                                                         : (type == "file" ? "/file" : "secret") + digits;
            made.text = quoted(text);
            made.scalar = text;
        }
    }

    SeededRandom random_;
};

CheckedValue expected_of(const Sample& sample) {
    if (is_single(*sample.shape)) {
        return CheckedValue(sample.scalar);
    }
    CheckedValue::List items;
    for (const Sample& item : sample.items) {
        items.push_back(expected_of(item));
    }
    if (sample.shape->type == "array") {
        return CheckedValue(std::move(items));
    }
    CheckedValue::Map members;
    for (const auto& [key, value] : sample.members) {
        members.push_back({key, expected_of(value)});
    }
    for (const Known& known : sample.shape->known) {
        const bool is_there = std::ranges::find(members, known.name, &CheckedValue::Member::key) != members.end();
        if (!is_there && known.fallback) {
            members.push_back({known.name, expected_of(*known.fallback)});
        }
    }
    return CheckedValue(std::move(members));
}

// A value within a sample, with its path in reports and its path for look-ups.
struct Spot {
    Sample* sample;
    std::string path;
    std::string look_up;
};

void collect(Sample& sample, const std::string& path, const std::string& look_up, std::vector<Spot>& spots) {
    spots.push_back({&sample, path, look_up});
    for (std::size_t i = 0; i < sample.items.size(); ++i) {
        const std::string index = '[' + std::to_string(i) + ']';
        collect(sample.items[i], sample.is_written_alone ? path : path + index, look_up + index, spots);
    }
    for (auto& [key, value] : sample.members) {
        collect(value, path + (path.empty() ? "" : ".") + key, look_up + "[\"" + key + "\"]", spots);
    }
}

std::vector<Spot> spots_of(Sample& sample) {
    std::vector<Spot> spots;
    collect(sample, "", "", spots);
    return spots;
}

// --- mistakes ---

std::string wrong_text(const Shape& shape) {
    const std::string too_much = std::to_string(shape.most + 1);
    const std::string& type = shape.type;
    return type == "boolean"                        ? "maybe"
           : type == "integer" || type == "number"  ? too_much
           : type == "string"                       ? std::string(static_cast<std::size_t>(shape.most + 1), 'a')
           : type == "enum"                         ? "word" + too_much
           : type == "duration"                     ? too_much + "ms"
           : type == "bytes"                        ? too_much + "KiB"
           : type == "rate"                         ? too_much + "/m"
           : type == "address" || type == "network" ? "10.0.0.1/8"
                                                    : "[]";
}

// Makes one mistake somewhere. Returns the path that is to be reported.
std::string make_mistake(Sample& root, SeededRandom& random) {
    const std::vector<Spot> spots = spots_of(root);
    const Spot& spot = spots[random.below(spots.size())];
    Sample& sample = *spot.sample;
    const Shape& shape = *sample.shape;
    if (is_single(shape)) {
        sample.text = wrong_text(shape);
    } else if (shape.type == "array") {
        if (sample.items.empty() || sample.is_written_alone || random.chance(50)) {
            sample.text = "{a: b}";
        } else {
            sample.items.resize(static_cast<std::size_t>(shape.most) + 1, Sample(sample.items[0]));
        }
    } else if (shape.type == "object" && (&sample == &root || random.chance(70))) {
        const auto required = std::ranges::find(shape.known, true, &Known::is_required);
        if (required != shape.known.end() && random.chance(50)) {
            std::erase_if(sample.members, [&](const auto& member) { return member.first == required->name; });
        } else {
            sample.members.emplace_back("other", Sample{nullptr, "1", {}, {}, {}, false});
            return spot.path + (spot.path.empty() ? "" : ".") + "other";
        }
    } else {
        sample.text = "[]";
    }
    return spot.path;
}

}  // namespace

TEST_CASE("what obeys its schema is accepted, and comes out equal", "[schema][random]") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        Maker maker(seed);
        const ShapePointer shape = maker.object_shape(4);
        const std::string json = json_of(*shape);
        Sample sample = maker.sample(shape);
        const std::string text = text_of(sample);
        CAPTURE(seed, json, text);
        const CheckedValue value = parsed(compiled(json), text);
        CHECK(value == expected_of(sample));
        for (const Spot& spot : spots_of(sample)) {
            CAPTURE(spot.look_up);
            const CheckedValue* found = value.find(spot.look_up);
            REQUIRE(found != nullptr);
            CHECK(*found == expected_of(*spot.sample));
            CHECK(found->is_secret() == (spot.sample->shape->type == "secret"));
            CHECK(found->place().line == 1);
        }
    }
}

TEST_CASE("one mistake is refused at its path", "[schema][random]") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        Maker maker(seed);
        const ShapePointer shape = maker.object_shape(4);
        const std::string json = json_of(*shape);
        Sample sample = maker.sample(shape);
        const std::string path = make_mistake(sample, maker.random());
        const std::string text = text_of(sample);
        CAPTURE(seed, json, text, path);
        const auto value = compiled(json).parse(text, {});
        REQUIRE_FALSE(value);
        CAPTURE(lines_of(value.error()));
        REQUIRE(value.error().size() == 1);
        CHECK(value.error()[0].path == path);
    }
}

TEST_CASE("a broken schema is refused, or still a schema", "[schema][random]") {
    static const std::vector<std::string> pieces{"{", "}",  "[",    "]",    ",", ":", "\"",
                                                 "5", "-1", "type", "null", "x", "\n"};
    std::size_t refused = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        Maker maker(seed);
        const std::string json = json_of(*maker.object_shape(3));
        for (int i = 0; i < 10; ++i) {
            std::string broken = json;
            const std::size_t at = maker.random().below(broken.size());
            broken.replace(at, maker.random().below(8), pieces[maker.random().below(pieces.size())]);
            CAPTURE(seed, broken);
            const auto schema = Schema::compile(broken);
            refused += schema ? 0 : 1;
            if (schema) {
                CHECK_FALSE(schema->describe().empty());
                CHECK((schema->parse(broken, {}) || !schema->parse(broken, {}).error().empty()));
            } else {
                CHECK_FALSE(schema.error().empty());
            }
        }
    }
    CHECK(refused > seeds * 5);
}

}  // namespace ferrotunnel::config
