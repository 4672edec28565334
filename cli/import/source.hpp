// Files of other tunnels, parsed into trees of values with their lines.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "origin.hpp"

namespace ferrotunnel::cli::importing {

/// A file that cannot be read: a syntax error, a limit, a template. Its text begins with FILE:LINE.
class SourceError : public std::runtime_error {
public:
    SourceError(const std::string& file, std::size_t line, std::string_view what);
    SourceError(const Origin& origin, std::string_view what);
};

/// A value of TOML, YAML, JSON or INI.
struct Value {
    enum class Kind { null, boolean, number, text, list, map };
    using Member = std::pair<std::string, Value>;

    Kind kind = Kind::null;
    std::size_t line = 0;
    std::string scalar{};           // booleans are `true` or `false`, numbers as written; in INI everything is a text
    std::vector<Value> items{};     // of a list
    std::vector<Member> members{};  // of a map, in the order of the file

    bool is_scalar() const { return kind != Kind::list && kind != Kind::map; }

    /// The member with this key, or the one that differs in letter case only, or nullptr.
    const Value* find(std::string_view key) const;
};

enum class Format { toml, yaml, json, ini };

/// A parsed file.
struct Source {
    std::string file;  // as the user named it
    Format format = Format::yaml;
    Value root;  // a map; sections of INI are maps in it, and keys before the first section are in the map ""
    std::vector<std::string> lines;         // the text of the file, for origins
    std::vector<std::size_t> line_numbers;  // lines of the file for the lines of an expanded template; empty: the same
    std::vector<std::size_t> templates;     // lines with Go templates that could not be expanded

    /// Where this value stands. The text is empty if the line may contain a secret.
    Origin origin(const Value& value) const;
    Origin origin_of_line(std::size_t line) const;

    std::vector<bool> secret_lines;  // by line - 1, set by parse_source
};

/// Whether a key tells that its value is a secret.
bool is_secret_key(std::string_view key);

/// Parses a text. Go templates are expanded first (go_template.hpp). Throws SourceError.
Source parse_source(std::string file, std::string_view text, Format format);

/// Reads and parses a file; the format follows from the name's ending, then from the content. Throws SourceError.
Source load_source(const std::string& path);

/// A reference to an environment variable inside a value, which the writer turns into `${NAME}`. The text is made of
/// characters that files do not contain.
std::string env_reference(std::string_view name);

/// The name of the variable if the whole value is an env_reference, else empty.
std::string_view env_name(std::string_view value);

}  // namespace ferrotunnel::cli::importing
