#include "config/secret_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace ferrotunnel::config {
namespace {

constexpr std::string_view file_prefix = "file:";
constexpr std::string_view env_prefix = "env:";

bool begins_like_path(std::string_view text) {
    constexpr std::array<std::string_view, 4> beginnings{"/", "./", "../", "~/"};
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [text](std::string_view begin) { return text.starts_with(begin); });
}

std::optional<std::string> from_file(const Value& value, const std::string& path, const SecretSource& source) {
    if (!source.read_file) {
        value.problem("a " + source.word + " cannot be in a file here");
        return std::nullopt;
    }
    Result<std::string, FileError> text = source.read_file(value.in_folder(path));
    if (!text) {
        value.problem(text.error().text);
        return std::nullopt;
    }
    if (text->empty()) {
        value.problem("the file is empty");
        return std::nullopt;
    }
    return std::move(*text);
}

std::optional<std::string> from_environment(const Value& value, const std::string& name) {
    const Environment& environment = value.context().environment;
    if (!environment) {
        value.problem("there are no variables here");
        return std::nullopt;
    }
    std::optional<std::string> text = environment(name);
    if (!text || text->empty()) {
        value.problem("the variable " + name + (text ? " is empty" : " is not set"));
        return std::nullopt;
    }
    return text;
}

std::optional<std::string> on_inline_secret(const Value& value, std::string text, const SecretSource& source) {
    // A secret in base64 may begin with a slash; in a variable it is not mistaken for a path.
    const bool is_path = !value.has_variables() && begins_like_path(text);
    if (is_path || (source.is_file && source.is_file(value.in_folder(text)))) {
        value.problem("this is the path of a file, not a " + source.word + "; write file:PATH, or put the " +
                      source.word + " into a variable");
        return std::nullopt;
    }
    if (source.on_inline_secret) {
        source.on_inline_secret(value);
    }
    return text;
}

}  // namespace

std::optional<std::string> read_secret(Value value, const SecretSource& source) {
    const std::string expected = "a " + source.word + ": file:PATH, env:NAME or the " + source.word + " itself";
    value.hide();
    std::optional<std::string> text = value.text_for(expected);
    if (!text) {
        return std::nullopt;
    }
    const bool is_file = value.begins_with(file_prefix);
    const bool is_variable = value.begins_with(env_prefix);
    std::string rest = text->substr(is_file ? file_prefix.size() : is_variable ? env_prefix.size() : 0);
    if (rest.empty()) {
        value.unexpected(expected);
        return std::nullopt;
    }
    return is_file       ? from_file(value, rest, source)
           : is_variable ? from_environment(value, rest)
                         : on_inline_secret(value, std::move(rest), source);
}

}  // namespace ferrotunnel::config
