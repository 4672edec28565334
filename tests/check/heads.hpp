// What stands before a brace: guesses what the brace opens.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tokens.hpp"

namespace check {

using Head = std::span<const Token>;  // the tokens before a brace, from the end of the previous statement on

bool is_any(const Token& token, std::initializer_list<std::string_view> texts);

// The index behind the bracket that closes the one at `from`.
std::size_t behind_bracket(Head head, std::size_t from, std::string_view open, std::string_view close);

Head without_template(Head head);

// The name of the function whose body the brace opens, with its classes and without their template arguments.
std::optional<std::string> function_name(Head head);

// Whether a brace opens an initialiser, behind which the statement continues: `member_{1}` in a constructor's list,
// `int x{1}`, `= {`, `f(Options options = {}`.
bool is_initialiser(Head head);

}  // namespace check
