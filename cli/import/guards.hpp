// What restricts visitors, where it cannot be read: then nobody gets in.
#pragma once

#include <string_view>

#include "draft.hpp"
#include "keys.hpp"

namespace ferrotunnel::cli::importing {

/// What a value has to be: a text in quotation marks or without, such as a password, but no number, which another
/// program could write in other digits; any scalar; a list of texts and numbers, or one alone; a map.
enum class Form { text, scalar, texts, map };

/// Whether there is a value that does not have this form. A key with nothing behind it (`password:`) is not readable
/// either, since it does not say whom it admits.
bool is_unreadable(const Keys& keys, std::string_view path, Form form);

/// Whether the key is there with nothing behind it: where no guard is meant, it is as good as missing.
bool is_null(const Keys& keys, std::string_view path);

/// Reports a value that does not have this form as lost. False if it has, or is missing.
bool lose_unreadable(Draft& draft, Keys& keys, std::string_view path, Form form);

/// The same for a guard of a service, which is turned off then.
bool close_unreadable(Draft& draft, Node& service, Keys& keys, std::string_view path, Form form);

}  // namespace ferrotunnel::cli::importing
