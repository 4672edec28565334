// Tokens and passwords of a configuration file.
#include <utility>

#include "ferrotunnel/detail/path_text.hpp"
#include "ferrotunnel/secret.hpp"
#include "login/token.hpp"
#include "settings/keys_sections.hpp"
#include "settings/plugins.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::string_view file_prefix = "file:";
constexpr std::string_view env_prefix = "env:";

std::optional<Secret> from_file(const config::Value& value, const std::string& path, ConfigReading& reading) {
    reading.file.files.push_back(path);
    try {
        return Secret::from_file(path);
    } catch (const config_error& error) {
        value.problem(error.problems().front().text);
        return std::nullopt;
    }
}

std::optional<Secret> from_environment(const config::Value& value, const std::string& name) {
    std::optional<std::string> text = value.context().environment(name);
    if (!text || text->empty()) {
        value.problem("the variable " + name + (text ? " is empty" : " is not set"));
        return std::nullopt;
    }
    return Secret::from_string(std::move(*text));
}

std::optional<Secret> written_out(const config::Value& value, std::string text, const std::string& word,
                                  ConfigReading& reading) {
    warn_of_written_out(value, "a " + word, reading);
    return Secret::from_string(std::move(text));
}

// `word`: what it is, "token".
std::optional<Secret> read_text(config::Value& value, const std::string& word, ConfigReading& reading) {
    const std::string expected = "a " + word + ": file:PATH, env:NAME or the " + word + " itself";
    value.hide();
    if (!value.is_text()) {
        value.unexpected(expected.c_str());
        return std::nullopt;
    }
    std::optional<std::string> text = value.text();
    if (!text) {
        return std::nullopt;
    }
    const bool is_file = value.begins_with(file_prefix);
    const bool is_variable = value.begins_with(env_prefix);
    const std::string rest = text->substr(is_file ? file_prefix.size() : is_variable ? env_prefix.size() : 0);
    if (rest.empty()) {
        value.unexpected(expected.c_str());
        return std::nullopt;
    }
    if (!is_file && !is_variable && looks_like_path(*text, value.in_folder(*text))) {
        value.problem("this is the path of a file, and no " + word + "; write file:PATH, like `" + word +
                      ": file:" + word + '`');
        return std::nullopt;
    }
    return is_file       ? from_file(value, value.in_folder(rest), reading)
           : is_variable ? from_environment(value, rest)
                         : written_out(value, std::move(*text), word, reading);
}

}  // namespace

void warn_of_written_out(const config::Value& value, const std::string& what, ConfigReading& reading) {
    reading.file.secrets.insert(value.node().place);
    if (value.has_variables()) {
        return;
    }
    const char* const why =
        reading.text_at(value.place()).others_can_read
            ? " in a file that other users of this machine can read; file:PATH or env:NAME avoid that"
            : " in the file itself goes wherever copies of the file go; file:PATH or env:NAME avoid that";
    reading.file.warnings.push_back(
        {value.key_path(), what + why, reading.text_at(value.place()).name, value.place().line, value.place().column});
}

config::SecretSource secret_source(ConfigReading& reading) {
    return {read_secret_file,
            [&reading](const config::Value& value) { warn_of_written_out(value, "a secret", reading); }};
}

std::string token_name_of(const config::Value& value) {
    const std::optional<std::string> text = value.begins_with(file_prefix) ? value.try_text() : std::nullopt;
    return text ? text->substr(text->find_last_of("/:") + 1) : "";
}

std::optional<Secret> read_secret(config::Value value, ConfigReading& reading) {
    std::optional<Secret> secret = read_text(value, "token", reading);
    if (!secret) {
        return std::nullopt;
    }
    if (const auto token = login::parse_token(secret->reveal()); !token) {
        value.problem(token.error());
        return std::nullopt;
    }
    return secret;
}

std::optional<Secret> read_password(config::Value value, ConfigReading& reading) {
    return read_text(value, "password", reading);
}

}  // namespace ferrotunnel::detail
