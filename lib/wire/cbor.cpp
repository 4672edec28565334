#include "wire/cbor.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace ferrotunnel::wire::cbor {
namespace {

// Major types of RFC 8949, section 3.1.
enum Major : std::uint8_t {
    major_unsigned,
    major_negative,
    major_bytes,
    major_text,
    major_array,
    major_map,
    major_tag,
    major_simple
};

constexpr std::uint8_t simple_false = 20;
constexpr std::uint8_t simple_true = 21;
constexpr std::uint8_t simple_null = 22;
constexpr std::uint8_t info_one_byte = 24;     // the argument is in the next byte; 25, 26, 27: in the next 2, 4, 8
constexpr std::uint8_t info_eight_bytes = 27;  // 28-30 are reserved, 31 is an indefinite length

// The first byte of an item and the argument in or after it.
struct Head {
    std::uint8_t major = 0;
    std::uint64_t argument = 0;
    std::size_t bytes = 0;

    // Bytes that follow the head and are not an item of their own.
    std::size_t content() const noexcept {
        return major == major_bytes || major == major_text ? static_cast<std::size_t>(argument) : 0;
    }
    // The number of items inside.
    std::size_t items() const noexcept {
        return major == major_array ? static_cast<std::size_t>(argument)
               : major == major_map ? static_cast<std::size_t>(argument) * 2
                                    : 0;
    }
};

std::uint64_t load_argument(const std::uint8_t* at, std::size_t bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
        value = value << 8 | at[i];
    }
    return value;
}

std::optional<Problem> read_head(Bytes from, Head& head) noexcept {
    if (from.empty()) {
        return Problem::truncated;
    }
    head.major = from[0] >> 5;
    std::uint8_t info = from[0] & 0x1f;
    if (info < info_one_byte) {
        head.argument = info;
        head.bytes = 1;
    } else if (info > info_eight_bytes || head.major == major_simple) {
        return Problem::unsupported_type;  // also floats, which are simple values with an argument
    } else {
        std::size_t length = std::size_t{1} << (info - info_one_byte);
        if (from.size() <= length) {
            return Problem::truncated;
        }
        head.argument = load_argument(from.data() + 1, length);
        head.bytes = 1 + length;
        // The smallest value that needs as many bytes: 24, 2^8, 2^16, 2^32.
        std::uint64_t least = length == 1 ? info_one_byte : std::uint64_t{1} << (length * 4);
        if (head.argument < least) {
            return Problem::not_shortest;
        }
    }
    bool supported = head.major == major_simple ? head.argument >= simple_false && head.argument <= simple_null
                                                : head.major != major_tag;
    return supported ? std::nullopt : std::optional(Problem::unsupported_type);
}

// Reads a head from bytes that were parsed before.
Head head_of(Bytes from) noexcept {
    Head head;
    read_head(from, head);
    return head;
}

// Walks over a message item by item. Instead of recursion it keeps one Level per open array or map. The keys of all
// open maps are on one stack, so that each map can look for duplicates when it closes.
class Checker {
public:
    Checker(Bytes message, std::size_t nesting_max, std::size_t items_max) noexcept
        : rest_(message), nesting_max_(std::min(nesting_max, limits::control_nesting_max)), items_max_(items_max) {}

    std::optional<Problem> run() {
        do {
            if (auto problem = step()) {
                return problem;
            }
        } while (depth_ > 0);
        return rest_.empty() ? std::nullopt : std::optional(Problem::trailing_bytes);
    }

private:
    struct Level {
        std::size_t items_left;
        std::size_t keys_before;
        bool is_map;
    };

    std::optional<Problem> step() {
        Head head;
        if (auto problem = read_head(rest_, head)) {
            return problem;
        }
        Level* level = depth_ > 0 ? &levels_[depth_ - 1] : nullptr;
        bool is_key = level != nullptr && level->is_map && level->items_left % 2 == 0;
        if (is_key && head.major != major_text) {
            return Problem::key_is_not_text;
        }
        rest_ = rest_.subspan(head.bytes);
        if (auto problem = take_content(head, is_key)) {
            return problem;
        }
        if (level != nullptr) {
            --level->items_left;
        }
        if (head.major == major_array || head.major == major_map) {
            if (auto problem = open(head)) {
                return problem;
            }
        }
        return close_finished();
    }

    std::optional<Problem> take_content(const Head& head, bool is_key) {
        if (head.major != major_bytes && head.major != major_text) {
            return std::nullopt;
        }
        if (head.argument > rest_.size()) {
            return Problem::truncated;
        }
        Bytes content = rest_.first(head.content());
        rest_ = rest_.subspan(content.size());
        if (head.major == major_text && !is_utf8(as_text(content))) {
            return Problem::invalid_utf8;
        }
        if (is_key) {
            keys_.push_back(as_text(content));
        }
        return std::nullopt;
    }

    std::optional<Problem> open(const Head& head) noexcept {
        if (depth_ >= nesting_max_) {
            return Problem::nested_too_deep;
        }
        if (head.argument > items_max_) {
            return Problem::too_many_items;
        }
        if (head.items() > rest_.size()) {
            return Problem::truncated;  // each item takes a byte at least
        }
        levels_[depth_++] = {head.items(), keys_.size(), head.major == major_map};
        return std::nullopt;
    }

    std::optional<Problem> close_finished() {
        while (depth_ > 0 && levels_[depth_ - 1].items_left == 0) {
            auto first = keys_.begin() + static_cast<std::ptrdiff_t>(levels_[depth_ - 1].keys_before);
            std::sort(first, keys_.end());
            if (std::adjacent_find(first, keys_.end()) != keys_.end()) {
                return Problem::duplicate_key;
            }
            keys_.erase(first, keys_.end());
            --depth_;
        }
        return std::nullopt;
    }

    Bytes rest_;
    std::size_t nesting_max_;
    std::size_t items_max_;
    std::size_t depth_ = 0;
    std::array<Level, limits::control_nesting_max> levels_{};
    std::vector<std::string_view> keys_;
};

}  // namespace

std::string_view describe(Problem problem) noexcept {
    switch (problem) {
        case Problem::truncated:
            return "it ends in the middle of an item";
        case Problem::trailing_bytes:
            return "bytes follow its end";
        case Problem::unsupported_type:
            return "it has a float, a tag, an indefinite length or another item that is not used here";
        case Problem::not_shortest:
            return "an integer or a length is not in its shortest form";
        case Problem::nested_too_deep:
            return "arrays and maps are nested too deep";
        case Problem::too_many_items:
            return "an array or a map has too many items";
        case Problem::invalid_utf8:
            return "a text is not UTF-8";
        case Problem::key_is_not_text:
            return "a key is not text";
        case Problem::duplicate_key:
            return "a map has a key twice";
    }
    return "unknown problem";
}

Result<Item, Problem> parse(Bytes message, std::size_t nesting_max, std::size_t items_max) {
    if (auto problem = Checker(message, nesting_max, items_max).run()) {
        return *problem;
    }
    return Item(message);
}

Type Item::type() const noexcept {
    Head head = head_of(from_);
    if (head.major == major_simple) {
        return head.argument == simple_null ? Type::null : Type::boolean;
    }
    return static_cast<Type>(head.major);  // in the order of the major types
}

std::optional<std::uint64_t> Item::as_unsigned() const noexcept {
    Head head = head_of(from_);
    return head.major == major_unsigned ? std::optional(head.argument) : std::nullopt;
}

std::optional<std::int64_t> Item::as_integer() const noexcept {
    Head head = head_of(from_);
    bool integer = head.major == major_unsigned || head.major == major_negative;
    if (!integer || head.argument > static_cast<std::uint64_t>(INT64_MAX)) {
        return std::nullopt;
    }
    auto value = static_cast<std::int64_t>(head.argument);
    return head.major == major_unsigned ? value : -1 - value;
}

std::optional<Bytes> Item::as_bytes() const noexcept {
    Head head = head_of(from_);
    return head.major == major_bytes ? std::optional(from_.subspan(head.bytes, head.content())) : std::nullopt;
}

std::optional<std::string_view> Item::as_text() const noexcept {
    Head head = head_of(from_);
    return head.major == major_text ? std::optional(ferrotunnel::as_text(from_.subspan(head.bytes, head.content())))
                                    : std::nullopt;
}

std::optional<bool> Item::as_bool() const noexcept {
    return type() == Type::boolean ? std::optional(head_of(from_).argument == simple_true) : std::nullopt;
}

std::size_t Item::count() const noexcept {
    Head head = head_of(from_);
    return head.major == major_map ? head.items() / 2 : head.items();
}

std::optional<Item> Item::find(std::string_view key) const noexcept {
    std::optional<Item> found;
    for_each_pair([&](std::string_view name, Item value) {
        if (name == key) {
            found = value;
        }
    });
    return found;
}

Item Item::first_inside() const noexcept {
    return Item(from_.subspan(head_of(from_).bytes));
}

Item Item::next() const noexcept {
    Bytes rest = from_;
    for (std::size_t left = 1; left > 0; --left) {
        Head head = head_of(rest);
        rest = rest.subspan(head.bytes + head.content());
        left += head.items();
    }
    return Item(rest);
}

void Writer::head(std::uint8_t major, std::uint64_t argument) {
    auto first = static_cast<std::uint8_t>(major << 5);
    if (argument < info_one_byte) {
        out_.push_back(static_cast<std::uint8_t>(first | argument));
        return;
    }
    std::uint8_t steps = argument <= 0xff ? 0 : argument <= 0xffff ? 1 : argument <= 0xffff'ffff ? 2 : 3;
    out_.push_back(static_cast<std::uint8_t>(first | (info_one_byte + steps)));
    for (int shift = (8 << steps) - 8; shift >= 0; shift -= 8) {
        out_.push_back(static_cast<std::uint8_t>(argument >> shift));
    }
}

void Writer::append(Bytes value) {
    out_.insert(out_.end(), value.begin(), value.end());
}

Writer& Writer::unsigned_integer(std::uint64_t value) {
    head(major_unsigned, value);
    return *this;
}

Writer& Writer::integer(std::int64_t value) {
    if (value >= 0) {
        head(major_unsigned, static_cast<std::uint64_t>(value));
    } else {
        head(major_negative, static_cast<std::uint64_t>(-1 - value));
    }
    return *this;
}

Writer& Writer::bytes(Bytes value) {
    head(major_bytes, value.size());
    append(value);
    return *this;
}

Writer& Writer::text(std::string_view value) {
    head(major_text, value.size());
    append(as_bytes(value));
    return *this;
}

Writer& Writer::array(std::size_t elements) {
    head(major_array, elements);
    return *this;
}

Writer& Writer::map(std::size_t pairs) {
    head(major_map, pairs);
    return *this;
}

Writer& Writer::boolean(bool value) {
    head(major_simple, value ? simple_true : simple_false);
    return *this;
}

Writer& Writer::null() {
    head(major_simple, simple_null);
    return *this;
}

}  // namespace ferrotunnel::wire::cbor
