// Tokens and passwords in a configuration file.
#include <sys/stat.h>

#include <utility>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/secret.hpp"
#include "login/token.hpp"
#include "settings/plugins.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::string_view file_prefix = "file:";

// Reads a file and registers it as one to watch for changes.
Result<Secret, config::FileError> read_noted_file(const std::string& path, ConfigReading& reading) {
    reading.file.files.push_back(path);
    try {
        return Secret::from_file(path);
    } catch (const config_error& error) {
        return config::FileError{error.problems().front().text};
    }
}

bool is_file(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// `word`: its name in problems, "token".
std::optional<Secret> read_text(config::Value value, const std::string& word, ConfigReading& reading) {
    Secret of_file;  // records whether other users can read the file
    config::SecretSource source = secret_source(reading, word);
    source.read_file = [&](const std::string& path) -> Result<std::string, config::FileError> {
        Result<Secret, config::FileError> read = read_noted_file(path, reading);
        if (!read) {
            return read.error();
        }
        of_file = std::move(*read);
        return std::string(of_file.reveal());
    };
    std::optional<std::string> text = config::read_secret(value, source);
    Secret secret = text ? Secret::from_string(std::move(*text)) : Secret();
    return secret.empty() ? std::nullopt : std::optional(of_file.empty() ? std::move(secret) : std::move(of_file));
}

}  // namespace

void warn_of_inline_secret(const config::Value& value, const std::string& what, ConfigReading& reading) {
    reading.file.secrets.insert(value.node().place);
    if (value.has_variables()) {
        return;
    }
    const char* const why =
        reading.text_at(value.place()).others_can_read
            ? " in a file that other users of this machine can read; file:PATH or env:NAME avoid that"
            : " in the file itself is in every copy of the file; file:PATH or env:NAME avoid that";
    reading.file.warnings.push_back(
        {value.key_path(), what + why, reading.text_at(value.place()).name, value.place().line, value.place().column});
}

config::SecretSource secret_source(ConfigReading& reading, const std::string& word) {
    config::SecretSource source;
    source.read_file = [&reading](const std::string& path) -> Result<std::string, config::FileError> {
        const Result<Secret, config::FileError> read = read_noted_file(path, reading);
        return read ? Result<std::string, config::FileError>(std::string(read->reveal())) : read.error();
    };
    source.on_inline_secret = [&reading, what = "a " + word](const config::Value& value) {
        warn_of_inline_secret(value, what, reading);
    };
    source.is_file = is_file;
    source.word = word;
    return source;
}

std::string token_file_of(const config::Value& value) {
    const std::optional<std::string> text = value.begins_with(file_prefix) ? value.try_text() : std::nullopt;
    return text ? value.in_folder(text->substr(file_prefix.size())) : "";
}

std::string token_name_of(const config::Value& value) {
    const std::optional<std::string> text = value.begins_with(file_prefix) ? value.try_text() : std::nullopt;
    return text ? text->substr(text->find_last_of("/:") + 1) : "";
}

std::optional<Secret> read_token(config::Value value, ConfigReading& reading) {
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
