#include "wire/control_fields.hpp"

#include "base/text.hpp"

namespace ferrotunnel::wire {

void FieldReader::fail(Code code, std::string_view key, std::string_view what) {
    if (failed()) {
        return;
    }
    error_ = ControlError{code, place_of(key).append(what)};
}

std::string FieldReader::place_of(std::string_view key) const {
    std::string text(place_);
    if (index_) {
        text += "[" + std::to_string(*index_) + "]";
    }
    text += ".";
    return text.append(key);
}

std::optional<cbor::Item> FieldReader::optional(std::string_view key) const noexcept {
    return failed() ? std::nullopt : map_.find(key);
}

std::optional<cbor::Item> FieldReader::required(std::string_view key) {
    auto item = optional(key);
    if (!item) {
        fail(Code::protocol, key, " is missing");
    }
    return item;
}

void FieldReader::read_text(std::string_view key, cbor::Item item, std::string& out, std::size_t least,
                            std::size_t most) {
    auto value = item.as_text();
    if (!value) {
        fail(Code::protocol, key, " is not text");
    } else if (value->size() > most) {
        fail(Code::limit, key, " is longer than " + std::to_string(most) + " bytes");
    } else if (value->size() < least) {
        fail(Code::protocol, key, " is too short");
    } else if (!is_printable(*value)) {
        fail(Code::protocol, key, " has control characters");
    } else {
        out = *value;
    }
}

void FieldReader::text(std::string_view key, std::string& out, std::size_t least, std::size_t most) {
    if (auto item = required(key)) {
        read_text(key, *item, out, least, most);
    }
}

void FieldReader::optional_text(std::string_view key, std::string& out, std::size_t most) {
    if (auto item = optional(key)) {
        read_text(key, *item, out, 0, most);
    }
}

void FieldReader::optional_boolean(std::string_view key, bool& out) {
    if (auto item = optional(key)) {
        if (const auto value = item->as_bool()) {
            out = *value;
        } else {
            fail(Code::protocol, key, " is neither true nor false");
        }
    }
}

void FieldReader::texts(std::string_view key, std::vector<std::string>& out, std::size_t most,
                        std::size_t length_most) {
    auto items = array(key, most);
    if (!items) {
        return;
    }
    items->for_each_element([&](cbor::Item item) {
        if (!failed()) {
            read_text(key, item, out.emplace_back(), 1, length_most);
        }
    });
}

std::optional<cbor::Item> FieldReader::map(std::string_view key) {
    auto item = required(key);
    if (item && item->type() != cbor::Type::map) {
        fail(Code::protocol, key, " is not a map");
        return std::nullopt;
    }
    return item;
}

std::optional<cbor::Item> FieldReader::array(std::string_view key, std::size_t most) {
    auto item = required(key);
    if (!item) {
        return std::nullopt;
    }
    if (item->type() != cbor::Type::array || item->count() == 0) {
        fail(Code::protocol, key, " is not an array with elements");
        return std::nullopt;
    }
    if (item->count() > most) {
        fail(Code::limit, key, " has more than " + std::to_string(most) + " elements");
        return std::nullopt;
    }
    return item;
}

}  // namespace ferrotunnel::wire
