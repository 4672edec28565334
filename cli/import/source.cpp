#include "source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "go_template.hpp"
#include "member_index.hpp"
#include "parsers.hpp"
#include "text.hpp"
#include "visits.hpp"

namespace ferrotunnel::cli::importing {
namespace {

constexpr std::string_view env_begin = "\xee\x80\x80";  // U+E000 and U+E001, which have no meaning outside programs
constexpr std::string_view env_end = "\xee\x80\x81";

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(trimmed(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// The text without a byte order mark.
std::string_view without_mark(std::string_view text) {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    text.remove_prefix(text.starts_with(mark) ? mark.size() : 0);
    return text;
}

bool contains_any(std::string_view text, const auto& words) {
    return std::ranges::any_of(words, [text](std::string_view word) { return text.find(word) != std::string::npos; });
}

/// A line whose secret is not told by a key: a URL with a password, a header field.
bool has_secret_text(std::string_view line) {
    constexpr std::array<std::string_view, 4> words{"authorization", "bearer ", "basic ", "cookie"};
    if (contains_any(in_lower_case(line), words)) {
        return true;
    }
    const std::size_t scheme = line.find("://");
    const std::size_t at = scheme == std::string_view::npos ? scheme : line.find('@', scheme);
    return at != std::string_view::npos && line.substr(scheme, at - scheme).find(' ') == std::string_view::npos;
}

class SecretLines {
public:
    explicit SecretLines(Source& source) : source_(source) {
        source.secret_lines.assign(source.lines.size(), false);
        for (std::size_t i = 0; i < source.lines.size(); ++i) {
            source.secret_lines[i] = has_secret_text(source.lines[i]);
        }
        find(source.root, false);
    }

private:
    void find(const Value& value, bool is_secret) {
        if (is_secret && value.line > 0 && value.line <= source_.secret_lines.size()) {
            source_.secret_lines[value.line - 1] = true;
        }
        for (const Value& item : value.items) {
            find(item, is_secret);
        }
        for (const auto& [key, member] : value.members) {
            find(member, is_secret_key(key) && member.kind != Value::Kind::map);
        }
    }

    Source& source_;
};

/// Lines of an expanded template become lines of the file.
void renumber(Value& value, const std::vector<std::size_t>& numbers) {
    if (value.line > 0 && value.line <= numbers.size()) {
        value.line = numbers[value.line - 1];
    }
    for (Value& item : value.items) {
        renumber(item, numbers);
    }
    for (Value::Member& member : value.members) {
        renumber(member.second, numbers);
    }
}

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
    return std::ranges::any_of(endings, [name](std::string_view ending) { return name.ends_with(ending); });
}

/// The format of a text whose file name does not tell it.
Format format_of_text(const std::vector<std::string>& lines) {
    const auto first = std::ranges::find_if(
        lines, [](const std::string& line) { return !line.empty() && !line.starts_with('#') && line[0] != ';'; });
    if (first == lines.end()) {
        return Format::yaml;
    }
    if (first->starts_with('{') && !first->starts_with("{{")) {
        return Format::json;
    }
    const std::size_t equals = first->find('=');
    const bool has_equals = equals != std::string::npos && first->find(':') > equals;
    return first->starts_with('[') || has_equals ? Format::toml : Format::yaml;
}

Format format_of(const std::string& path, std::string_view text) {
    const std::vector<std::string> lines = lines_of(text);
    if (std::ranges::find(lines, "[common]") != lines.end() || path.ends_with(".ini")) {
        return Format::ini;  // frp also reads it from a file with another ending
    }
    if (path.ends_with(".toml")) {
        return Format::toml;
    }
    if (path.ends_with(".json")) {
        return Format::json;
    }
    return ends_with_any(path, {".yml", ".yaml"}) ? Format::yaml : format_of_text(lines);
}

Value parse(const std::string& text, Format format) {
    switch (format) {
        case Format::toml:
            return parse_toml(text);
        case Format::ini:
            return parse_ini(text);
        case Format::yaml:
            return parse_yaml(text);
        case Format::json:
            break;
    }
    std::string without_tabs = text;  // YAML, of which JSON is a part, has no tabs as indentation
    std::ranges::replace(without_tabs, '\t', ' ');
    return parse_yaml(without_tabs);
}

}  // namespace

SourceError::SourceError(const std::string& file, std::size_t line, std::string_view what)
    : SourceError(Origin{file, line, {}}, what) {}

SourceError::SourceError(const Origin& origin, std::string_view what)
    : std::runtime_error(place_of(origin) + ": " + std::string(what)) {}

const Value* Value::find(std::string_view key) const {
    count_visits(members.size());
    auto found = std::ranges::find(members, key, &Member::first);
    if (found == members.end()) {
        const std::string wanted = in_lower_case(key);
        found =
            std::ranges::find_if(members, [&](const Member& member) { return in_lower_case(member.first) == wanted; });
    }
    return found == members.end() ? nullptr : &found->second;
}

Origin Source::origin(const Value& value) const {
    return origin_of_line(value.line);
}

Origin Source::origin_of_line(std::size_t line) const {
    const bool has_text = line > 0 && line <= lines.size() && !secret_lines[line - 1];
    return {file, line, has_text ? lines[line - 1] : std::string()};
}

bool is_secret_key(std::string_view key) {
    constexpr std::array<std::string_view, 9> words{"token", "secret", "pass",   "pwd", "credential",
                                                    "auth",  "key",    "cookie", "oidc"};
    const std::string name = in_lower_case(key);
    return name == "sk" || contains_any(name, words);  // `sk` is the key of a private service in frp's INI files
}

Source parse_source(std::string file, std::string_view text, Format format) {
    if (text.size() > source_bytes_max) {
        throw SourceError(file, 0, "the file is larger than 1 MiB");
    }
    text = without_mark(text);
    if (text.find(env_begin) != std::string_view::npos || text.find('\0') != std::string_view::npos) {
        throw SourceError(file, 0, "the file is not a text");
    }
    Source source;
    source.file = std::move(file);
    source.format = format;
    source.lines = lines_of(text);
    Expansion expansion = expand_go_templates(source.file, text, format);
    source.templates = std::move(expansion.unknown);
    try {
        source.root = parse(expansion.text, format);
    } catch (const ParseError& error) {
        if (!source.templates.empty()) {
            throw SourceError(source.file, source.templates.front(), unknown_template);
        }
        const std::size_t line =
            error.line > 0 && error.line <= expansion.lines.size() ? expansion.lines[error.line - 1] : error.line;
        throw SourceError(source.file, line, error.what());
    }
    renumber(source.root, expansion.lines);
    source.line_numbers = std::move(expansion.lines);
    SecretLines{source};
    return source;
}

Source load_source(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text;
    text.resize(source_bytes_max + 1);
    if (file) {
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
    }
    if (!file.is_open() || file.bad() || (file.fail() && !file.eof())) {
        throw SourceError(path, 0, "the file cannot be read");
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    const std::string_view content = without_mark(text);
    return parse_source(path, content, format_of(path, content));
}

std::string env_reference(std::string_view name) {
    return std::string(env_begin) + std::string(name) + std::string(env_end);
}

std::string_view env_name(std::string_view value) {
    if (!value.starts_with(env_begin) || !value.ends_with(env_end)) {
        return {};
    }
    value = value.substr(env_begin.size(), value.size() - env_begin.size() - env_end.size());
    return value.find(env_end) == std::string_view::npos ? value : std::string_view();
}

}  // namespace ferrotunnel::cli::importing
