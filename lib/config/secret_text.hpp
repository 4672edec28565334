// Secrets in a configuration: `file:PATH`, `env:NAME`, or the text itself.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "config/reader.hpp"

namespace ferrotunnel::config {

struct FileError {
    std::string text;  // "cannot read the file ..."
};

/// What secrets need beyond the file that they stand in.
struct SecretSource {
    /// Returns the text of a file, without line ends behind it, or why there is none. Empty: secrets cannot be in
    /// files.
    std::function<Result<std::string, FileError>(const std::string& path)> read_file{};
    /// Is told of each secret whose text stands in the configuration itself, which deserves a warning unless the value
    /// has variables. May be empty.
    std::function<void(const Value& value)> written_out{};
    /// Whether there is a file of that path, so that a text without file: was meant as one. May be empty.
    std::function<bool(const std::string& path)> is_file{};
    std::string word = "secret";  // what it is, in problems
};

/// Returns the secret that a value names or is. No problem that it reports repeats a secret.
std::optional<std::string> read_secret(Value value, const SecretSource& source);

}  // namespace ferrotunnel::config
