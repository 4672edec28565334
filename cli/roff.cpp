#include "roff.hpp"

#include <algorithm>
#include <cstddef>

namespace ferrotunnel::cli::roff {
namespace {

constexpr std::size_t line_bytes_max = 78;  // mandoc -Tlint reports more than 80

// A line that begins with a control character would be a request.
std::string as_line(const std::string& text) {
    return (text.starts_with('.') || text.starts_with('\'') ? "\\&" : "") + text + '\n';
}

// `text` with what is in backquotes in bold, up to the end of each word: fonts change within a word only.
std::string word_in_font(std::string_view word, bool& in_code) {
    std::string made;
    std::string part;
    const auto finish = [&] {
        made += part.empty() ? "" : in_code ? bold(part) : escaped(part);
        part.clear();
    };
    for (const char c : word) {
        if (c == '`') {
            finish();
            in_code = !in_code;
        } else {
            part += c;
        }
    }
    finish();
    return made;
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string made;
    for (const char c : text) {
        switch (c) {
            case '\\':
                made += "\\e";
                break;
            case '-':
                made += "\\-";
                break;
            case '\'':
                made += "\\(aq";
                break;
            case '`':
                made += "\\(ga";
                break;
            case '^':
                made += "\\(ha";
                break;
            case '~':
                made += "\\(ti";
                break;
            case '"':
                made += "\\(dq";
                break;
            default:
                made += c;
        }
    }
    return made;
}

std::string bold(std::string_view text) {
    return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(std::string_view text) {
    return "\\fI" + escaped(text) + "\\fR";
}

std::string paragraph(std::string_view text) {
    std::string lines;
    std::string line;
    bool in_code = false;
    while (!text.empty()) {
        const std::size_t length = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, length);
        const std::string made = word_in_font(word, in_code);
        if (!line.empty() && line.size() + 1 + made.size() > line_bytes_max) {
            lines += as_line(line);
            line.clear();
        }
        line += (line.empty() ? "" : " ") + made;
        if (word.ends_with('.')) {  // a sentence ends where a line of input does
            lines += as_line(line);
            line.clear();
        }
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return lines + (line.empty() ? "" : as_line(line));
}

std::string as_typed(std::string_view lines) {
    std::string text = ".nf\n";
    while (!lines.empty()) {
        const std::size_t length = std::min(lines.find('\n'), lines.size());
        text += length == 0 ? ".sp\n" : as_line(escaped(lines.substr(0, length)));
        lines.remove_prefix(std::min(length + 1, lines.size()));
    }
    return text + ".fi\n";
}

}  // namespace ferrotunnel::cli::roff
