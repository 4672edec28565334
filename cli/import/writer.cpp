#include "writer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "../printable.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing {
namespace {

constexpr std::size_t comment_column = 44;
constexpr std::size_t comment_max = 100;
constexpr std::size_t shown_secret_min = 3;  // shorter ones are parts of many words

bool is_letter_or_digit(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 0x80;
}

bool is_plain(std::string_view text) {
    constexpr std::string_view others = "_./:@+-=~";
    constexpr std::string_view at_begin = "_./~";
    constexpr std::array<std::string_view, 4> empty_ones{"null", "Null", "NULL", "~"};
    return !text.empty() && (is_letter_or_digit(text.front()) || at_begin.find(text.front()) != std::string::npos) &&
           std::ranges::all_of(
               text, [&](char c) { return is_letter_or_digit(c) || others.find(c) != std::string_view::npos; }) &&
           !text.ends_with(':') && std::ranges::find(empty_ones, text) == empty_ones.end();
}

/// `$` is the beginning of a variable in our files.
std::string with_variables(std::string_view text) {
    static const std::string begin(env_reference("").substr(0, 3));
    static const std::string end(env_reference("").substr(3));
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with(begin)) {
            result += "${";
            i += begin.size() - 1;
        } else if (text.substr(i).starts_with(end)) {
            result += '}';
            i += end.size() - 1;
        } else {
            result += text[i];
            result += text[i] == '$' ? "$" : "";
        }
    }
    return result;
}

std::string in_double_quotes(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (code < 0x20 || code == 0x7f) {
            result += "\\x";
            result += digits[code / 16];
            result += digits[code % 16];
        } else {
            result += c;
        }
    }
    return result + '"';
}

bool is_scalar_list(const Node& node) {
    return node.kind() == Node::Kind::list &&
           std::ranges::all_of(node.children(), [](const Node& item) { return item.kind() == Node::Kind::scalar; });
}

class Writer {
public:
    Writer(const Draft& draft, const Layout& layout) : draft_(draft), layout_(layout) {}

    std::string run() {
        text_ = layout_.head;
        const Node& log =
            layout_.has_server && draft_.server_log.kind() == Node::Kind::map ? draft_.server_log : draft_.client_log;
        if (log.kind() == Node::Kind::map) {
            write_section("log", log);
        }
        if (layout_.has_server) {
            write_section("server", draft_.server);
        }
        if (layout_.has_client) {
            write_section("client", draft_.client);
        }
        return std::move(text_);
    }

private:
    void write_section(std::string_view key, const Node& node) {
        text_ += text_.empty() ? "" : "\n";
        text_ += key;
        text_ += ":";
        last_.reset();
        write_value(node, 0);
    }

    void write_value(const Node& node, std::size_t indent) {
        switch (node.kind()) {
            case Node::Kind::empty:
                end_line(" {}", node.origin());
                return;
            case Node::Kind::scalar:
                end_line(" " + scalar(node), node.origin());
                return;
            case Node::Kind::list:
                write_list(node, indent);
                return;
            case Node::Kind::map:
                end_line("", node.origin());
                write_members(node, indent + 2);
                return;
        }
    }

    void write_members(const Node& node, std::size_t indent) {
        for (const Node& member : node.children()) {
            begin_line(indent);
            text_ += yaml_scalar(member.key()) + ":";
            write_value(member, indent);
        }
    }

    void write_list(const Node& node, std::size_t indent) {
        if (is_scalar_list(node)) {
            std::string items;
            for (const Node& item : node.children()) {
                items += (items.empty() ? "" : ", ") + scalar(item);
            }
            end_line(" [" + items + "]",
                     node.origin() || node.children().empty() ? node.origin() : node.children().front().origin());
            return;
        }
        end_line("", node.origin());
        for (const Node& item : node.children()) {
            write_item(item, indent + 2);
        }
    }

    void write_item(const Node& item, std::size_t indent) {
        if (item.kind() == Node::Kind::map && item.origin()) {
            begin_line(indent);
            text_ += comment(*item.origin()) + "\n";
            last_ = item.origin();
        }
        begin_line(indent);
        text_ += "-";
        if (item.kind() != Node::Kind::map || item.children().empty()) {
            write_value(item, indent);
            return;
        }
        bool is_first = true;
        for (const Node& member : item.children()) {
            if (is_first) {
                text_ += ' ';
            } else {
                begin_line(indent + 2);
            }
            is_first = false;
            text_ += yaml_scalar(member.key()) + ":";
            write_value(member, indent + 2);
        }
    }

    std::string scalar(const Node& node) const {
        if (!layout_.secret_folder.empty() && node.scalar().starts_with("file:")) {
            const std::string_view name = std::string_view(node.scalar()).substr(5);
            if (std::ranges::find(draft_.secrets, name, &Secret::name) != draft_.secrets.end()) {
                return yaml_scalar("file:" + layout_.secret_folder + "/" + std::string(name));
            }
        }
        return node.is_plain() ? node.scalar() : yaml_scalar(node.scalar());
    }

    void begin_line(std::size_t indent) {
        line_begin_ = text_.size();
        text_.append(indent, ' ');
    }

    /// Values of one line of the source follow each other: the first has the comment.
    void end_line(const std::string& value, const std::optional<Origin>& origin) {
        text_ += value;
        if (origin && origin != last_) {
            const std::size_t width = text_.size() - line_begin_;
            text_.append(width + 2 > comment_column ? 2 : comment_column - width, ' ');
            text_ += comment(*origin);
            last_ = origin;
        }
        text_ += '\n';
        line_begin_ = text_.size();
    }

    std::string comment(const Origin& origin) const {
        const bool is_secret = std::ranges::any_of(draft_.secrets, [&origin](const Secret& secret) {
            return secret.content.size() >= shown_secret_min && origin.text.find(secret.content) != std::string::npos;
        });
        std::string text = printable(origin.text);
        if (text.size() > comment_max) {
            std::size_t end = comment_max;
            while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
                --end;
            }
            text = text.substr(0, end) + "...";
        }
        return "# " + printable(place_of(origin)) + (is_secret || text.empty() ? "" : ": " + text);
    }

    const Draft& draft_;
    const Layout& layout_;
    std::string text_;
    std::size_t line_begin_ = 0;
    std::optional<Origin> last_;
};

}  // namespace

std::string yaml_scalar(std::string_view text) {
    const std::string ready = with_variables(text);
    return is_plain(ready) ? ready : in_double_quotes(ready);
}

std::string to_yaml(const Draft& draft, const Layout& layout) {
    return Writer(draft, layout).run();
}

}  // namespace ferrotunnel::cli::importing
