#include "settings/secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/bytes.hpp"
#include "ferrotunnel/detail/text_encoding.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/secret.hpp"
#include "login/key.hpp"
#include "login/token.hpp"
#include "runtime/socket.hpp"
#include "runtime/system_random.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel {
namespace {

constexpr std::size_t file_bytes_max = 4096;

[[noreturn]] void fail(const std::string& text) {
    throw config_error({{"token", text}});
}

[[noreturn]] void fail_for_file(const std::string& path, int error) {
    fail("cannot read the file " + path + ": " + std::generic_category().message(error));
}

// Returns the number of bytes read, limited by the size of `into`.
std::size_t read_all(int fd, const std::string& path, MutableBytes into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        ssize_t n = ::read(fd, into.data() + filled, into.size() - filled);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            fail_for_file(path, errno);
        }
        if (n == 0) {
            break;
        }
        filled += static_cast<std::size_t>(n);
    }
    return filled;
}

void wipe_text(char* text, std::size_t size) noexcept {
    login::wipe({reinterpret_cast<std::uint8_t*>(text), size});
}

}  // namespace

Secret::Secret(std::string_view text) : text_(std::make_unique<char[]>(text.size())), size_(text.size()) {
    if (!text.empty()) {
        std::memcpy(text_.get(), text.data(), text.size());
    }
}

Secret::Secret(Secret&& other) noexcept
    : text_(std::move(other.text_)),
      size_(std::exchange(other.size_, 0)),
      exposed_file_(std::exchange(other.exposed_file_, {})) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        text_ = std::move(other.text_);
        size_ = std::exchange(other.size_, 0);
        exposed_file_ = std::exchange(other.exposed_file_, {});
    }
    return *this;
}

Secret::~Secret() {
    wipe();
}

void Secret::wipe() noexcept {
    if (text_) {
        wipe_text(text_.get(), size_);
        text_.reset();
    }
    size_ = 0;
}

Secret Secret::from_env(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') {
        fail(std::string("the environment variable ") + variable + " is " + (value == nullptr ? "not set" : "empty"));
    }
    return Secret(std::string_view(value));
}

Secret Secret::from_file(const std::string& path) {
    const runtime::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        fail_for_file(path, errno);
    }
    std::array<std::uint8_t, file_bytes_max + 1> raw{};
    struct WipeOnExit {
        MutableBytes memory;
        ~WipeOnExit() { login::wipe(memory); }
    } wipe_on_exit{raw};
    std::string_view text = as_text(Bytes(raw).first(read_all(file.get(), path, raw)));
    if (text.size() > file_bytes_max) {
        fail("the file " + path + " is longer than 4096 bytes, so it is not a token");
    }
    if (const std::string_view fault = detail::take_byte_order_mark(text); !fault.empty()) {
        fail("the file " + path + ' ' + std::string(fault));
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
        text.remove_suffix(1);
    }
    text = login::unwrapped_token(text);
    if (text.empty()) {
        fail("the file " + path + " is empty");
    }
    Secret secret(text);
    if (S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        secret.exposed_file_ = path;
    }
    return secret;
}

Secret Secret::from_string(std::string text) {
    Secret secret{std::string_view(text)};
    wipe_text(text.data(), text.size());
    return secret;
}

Secret Secret::generate() {
    return from_string(login::make_token(runtime::system_random()));
}

Secret Secret::copy() const {
    Secret secret(reveal());
    secret.exposed_file_ = exposed_file_;
    return secret;
}

bool Secret::is_strong() const {
    auto token = login::parse_token(reveal());
    return token && token->strength == login::TokenStrength::strong;
}

}  // namespace ferrotunnel

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
