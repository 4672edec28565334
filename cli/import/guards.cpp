#include "guards.hpp"

#include <algorithm>

#include "mapping.hpp"

namespace ferrotunnel::cli::importing {
namespace {

bool is_item(const Value& value) {
    return value.kind == Value::Kind::text || value.kind == Value::Kind::number;
}

bool has_form(const Value& value, Form form) {
    switch (form) {
        case Form::text:
            return value.kind == Value::Kind::text;
        case Form::scalar:
            return value.is_scalar() && value.kind != Value::Kind::null;
        case Form::texts:
            return is_item(value) || (value.kind == Value::Kind::list && std::ranges::all_of(value.items, is_item));
        case Form::map:
            break;
    }
    return value.kind == Value::Kind::map;
}

std::string_view why_unreadable(Form form) {
    switch (form) {
        case Form::text:
        case Form::scalar:
            return "the value is not a text";
        case Form::texts:
            return "the value is not a list of texts";
        case Form::map:
            break;
    }
    return "the value does not consist of keys with values";
}

}  // namespace

bool is_unreadable(const Keys& keys, std::string_view path, Form form) {
    const Value* const value = keys.find(path);
    return value != nullptr && !has_form(*value, form);
}

bool is_null(const Keys& keys, std::string_view path) {
    const Value* const value = keys.find(path);
    return value != nullptr && value->kind == Value::Kind::null;
}

bool lose_unreadable(Draft& draft, Keys& keys, std::string_view path, Form form) {
    if (!is_unreadable(keys, path, form)) {
        return false;
    }
    keys.lose(draft, path, why_unreadable(form),
              form == Form::text ? "write it in quotation marks, and import again" : "correct it, and import again");
    return true;
}

bool close_unreadable(Draft& draft, Node& service, Keys& keys, std::string_view path, Form form) {
    if (!lose_unreadable(draft, keys, path, form)) {
        return false;
    }
    close_unguarded_service(draft, service, keys.origin(path), path);
    return true;
}

}  // namespace ferrotunnel::cli::importing
