#include "config/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "config/values.hpp"
#include "ferrotunnel/detail/text_encoding.hpp"

namespace ferrotunnel::config {
namespace {

constexpr std::string_view no_alias = "aliases (*name) are not supported; write the value again";
constexpr std::string_view unquoted_star =
    "aliases (*name) are not supported; a text that begins with * needs quotes, like \"*.example.com\"";

// Converts the parser's columns, in bytes, to columns in characters. Marks are mostly in order, so each count continues
// from the last one, since a whole file may be one line.
class Places {
public:
    explicit Places(std::string_view text) : text_(text) {
        lines_.push_back(0);
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\n') {
                lines_.push_back(i + 1);
            }
        }
    }

    Place at(const YAML::Mark& mark) {
        const auto line = static_cast<std::size_t>(std::max(mark.line, 0));
        const auto column = static_cast<std::size_t>(std::max(mark.column, 0));
        if (line >= lines_.size()) {
            return {static_cast<unsigned>(lines_.size()), 1};
        }
        if (line != line_ || column < bytes_) {
            line_ = line;
            bytes_ = 0;
            characters_ = 0;
        }
        const std::size_t from = std::min(lines_[line] + bytes_, text_.size());
        characters_ += characters_in(text_.substr(from, column - bytes_));
        bytes_ = column;
        return {static_cast<unsigned>(line) + 1, static_cast<unsigned>(characters_) + 1};
    }

    /// The line of a mark, without its end.
    std::string_view line_of(const YAML::Mark& mark) const {
        const auto line = static_cast<std::size_t>(std::max(mark.line, 0));
        const std::string_view rest = line < lines_.size() ? text_.substr(lines_[line]) : std::string_view();
        return rest.substr(0, rest.find('\n'));
    }

private:
    std::string_view text_;
    std::vector<std::size_t> lines_;  // offsets of the lines
    std::size_t line_ = 0;
    std::size_t bytes_ = 0;
    std::size_t characters_ = 0;
};

// Thrown through the parser to stop it.
struct Abandoned {};

// Builds the tree from yaml-cpp's events. yaml-cpp's own tree would follow aliases, forget where keys are, and silently
// keep the last of two equal keys.
class TreeBuilder : public YAML::EventHandler {
public:
    TreeBuilder(Places& places, const DocumentBounds& bounds, Report& report)
        : places_(places), bounds_(bounds), report_(report) {}

    Node take() { return std::move(root_); }
    /// The place of the last complete key or value.
    Place last() const noexcept { return last_; }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        add({Node::Kind::nothing, place_of(mark), {}, {}, {}});
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse(mark, std::string(no_alias));
        add({Node::Kind::nothing, place_of(mark), {}, {}, {}});
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        add({Node::Kind::text, place_of(mark), value, {}, {}});
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(Node::Kind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(Node::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    // A list or map that is not complete.
    struct Open {
        Node node;
        bool has_key = false;  // of a map: the key was read, its value follows
        bool drops_value = false;
        std::string key;
        Place key_place;
        std::unordered_map<std::string, Place> seen;
    };

    Place place_of(const YAML::Mark& mark) {
        last_ = places_.at(mark);
        return last_;
    }

    void refuse(const YAML::Mark& mark, std::string_view text) { report_.add(place_of(mark), path(), text); }

    void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) {
            refuse(mark, "anchors (&name) are not supported; write the value where it is needed");
        }
    }

    void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
        if (!tag.empty() && tag != "?" && tag != "!") {
            refuse(mark, "tags (!name) are not supported");
        }
    }

    std::string path() const {
        std::string path;
        for (const Open& open : open_) {
            if (open.node.kind == Node::Kind::list) {
                path += '[' + std::to_string(open.node.items.size()) + ']';
            } else if (open.has_key) {
                path += (path.empty() ? "" : ".") + open.key;
            }
        }
        return path;
    }

    void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        if (open_.size() >= bounds_.nesting) {
            report_.add(place_of(mark), "",
                        "lists and keys are nested more than " + std::to_string(bounds_.nesting) + " deep");
            throw Abandoned{};
        }
        count(place_of(mark));
        open_.push_back({{kind, place_of(mark), {}, {}, {}}, false, false, {}, {}, {}});
    }

    void close() {
        Node node = std::move(open_.back().node);
        open_.pop_back();
        put(std::move(node));
    }

    void add(Node node) {
        count(node.place);
        put(std::move(node));
    }

    // Puts a complete value into the innermost open list or map.
    void put(Node node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& into = open_.back();
        if (into.node.kind == Node::Kind::list) {
            into.node.items.push_back(std::move(node));
        } else if (!into.has_key) {
            take_key(into, node);
        } else {
            into.has_key = false;
            if (!std::exchange(into.drops_value, false)) {
                into.node.entries.push_back({std::move(into.key), into.key_place, std::move(node)});
            }
        }
    }

    void take_key(Open& into, const Node& node) {
        if (node.kind != Node::Kind::text) {
            report_.add(node.place, path(), "a key must be a text");
            into.drops_value = true;
        } else if (node.text == "<<") {
            report_.add(node.place, path(), "merge keys (<<) are not supported; write the keys out");
            into.drops_value = true;
        } else if (auto [first, fresh] = into.seen.emplace(node.text, node.place); !fresh) {
            const std::string before = path();
            report_.add(node.place, (before.empty() ? "" : before + ".") + node.text,
                        "this key appears twice; the first one is in line " + std::to_string(first->second.line));
            into.drops_value = true;
        }
        into.has_key = true;
        into.key = node.text;
        into.key_place = node.place;
    }

    void count(Place place) {
        if (++count_ > bounds_.values) {
            report_.add(place, "", "more than " + std::to_string(bounds_.values) + " keys and values");
            throw Abandoned{};
        }
    }

    Places& places_;
    const DocumentBounds& bounds_;
    Report& report_;
    Node root_;
    Place last_{1, 1};
    std::vector<Open> open_;
    std::size_t count_ = 0;
};

constexpr std::string_view endless_quote = "illegal EOF in scalar";

// Replaces the parser's internal messages by ones that help the user. From 0.8 on the parser writes the alias's name
// behind one of them, which may be a secret.
std::string explain(const std::string& message) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> known{{
        {"illegal map value",
         "a `key: value` cannot begin here; check the indentation, and put a text with a colon in quotes"},
        {"illegal block entry", "a list item (-) cannot stand here; check the indentation"},
        {endless_quote, "a quote that is opened after this place is never closed"},
        {"end of sequence flow not found", "a list that was opened with [ is not closed"},
        {"end of map flow not found", "a `{` is not closed"},
        {"end of map not found", "a `key: value` was expected here; check the indentation"},
        {"end of sequence not found", "a list item (-) was expected here; check the indentation"},
        {"unknown token", "a text that begins with this character needs quotes"},
        {"the referenced anchor is not defined", unquoted_star},
        {"alias not found after *", unquoted_star},
    }};
    for (const auto& [theirs, ours] : known) {
        if (message.starts_with(theirs)) {
            return std::string(ours);
        }
    }
    return "this is not valid YAML: " + message;
}

// Within { } and [ ], YAML treats the brace of ${NAME} as its own. If the parser stopped at such a brace, returns what
// to write instead, without parts that may be a secret; otherwise returns an empty text.
std::string explain_variable(std::string_view line, std::size_t column) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    constexpr std::size_t name_max = 64;
    if (column == 0 || column >= line.size() || line.substr(column - 1, 2) != "${") {
        return {};
    }
    const std::string_view inside = line.substr(column + 1);
    const std::string_view name = inside.substr(0, inside.find_first_not_of(letters));
    const std::string_view behind = inside.substr(name.size());
    const bool has_name =
        !name.empty() && name.size() <= name_max && (behind.starts_with('}') || behind.starts_with(":-"));
    return "within { } and [ ], a text with a variable needs quotes, like \"${" +
           (has_name ? std::string(name) : "NAME") + (behind.starts_with(":-") ? ":-...}\"" : "}\"");
}

// YAML does not allow tabs in the indentation, but the parser's message does not mention them.
bool is_indented_with_tab(std::string_view text, unsigned line) {
    for (unsigned number = 1; number < line && !text.empty(); ++number) {
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    const std::size_t end = text.find_first_not_of(" \t");
    return text.substr(0, std::min(end, text.size())).find('\t') != std::string_view::npos;
}

// Rejects a second document in the file.
class SecondDocument : public TreeBuilder {
public:
    SecondDocument(Places& places, const DocumentBounds& bounds, Report& report)
        : TreeBuilder(places, bounds, report), places_(places), report_(report) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        report_.add(places_.at(mark), "", "a second document begins here; a file holds one configuration");
        throw Abandoned{};
    }

private:
    Places& places_;
    Report& report_;
};

Node run_parser(std::string_view text, const DocumentBounds& bounds, Report& report) {
    Places places(text);
    TreeBuilder builder(places, bounds, report);
    // A comment is appended, because otherwise the parser accepts an unclosed quote that ends with the end of a line.
    std::istringstream stream(std::string(text) + "\n#");
    try {
        YAML::Parser parser(stream);
        if (parser.HandleNextDocument(builder)) {
            SecondDocument second(places, bounds, report);
            parser.HandleNextDocument(second);
        }
    } catch (const Abandoned&) {
        return {};  // the report has the reason
    } catch (const YAML::Exception& error) {
        const Place place = error.msg == endless_quote ? builder.last() : places.at(error.mark);
        const std::string variable =
            explain_variable(places.line_of(error.mark), static_cast<std::size_t>(std::max(error.mark.column, 0)));
        report.add(place, "",
                   is_indented_with_tab(text, place.line) ? "the indentation has a tab; YAML allows only spaces"
                   : variable.empty()                     ? explain(error.msg)
                                                          : variable);
        return {};
    }
    return builder.take();
}

// Reports the first byte that is not text: bytes that YAML accepts may still control a terminal, or be parsed
// differently elsewhere.
bool is_text(std::string_view text, Report& report) {
    unsigned number = 1;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        std::string visible(line);
        std::replace(visible.begin(), visible.end(), '\t', ' ');
        const bool utf8 = is_utf8(visible);
        if (!utf8 || !is_printable(visible)) {
            std::size_t good = 0;  // bytes before the first bad character
            for (std::size_t end = 1; end <= visible.size(); ++end) {
                const std::string_view begin = std::string_view(visible).substr(0, end);
                if (is_utf8(begin)) {
                    if (!is_printable(begin)) {
                        break;
                    }
                    good = end;
                }
            }
            report.add({number, static_cast<unsigned>(characters_in(line.substr(0, good))) + 1}, "",
                       utf8 ? "a control character; in a quoted text it can be written as \"\\x1b\"" : "no UTF-8");
            return false;
        }
        ++number;
    }
    return true;
}

// Whether the first line looks like "[server]" or "bindPort = 7000", even if it is valid YAML.
bool looks_like_toml(std::string_view text) {
    std::string_view line;
    while (!text.empty() && (line.empty() || line.front() == '#')) {
        line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    }
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-\"";
    const std::string_view end = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.starts_with('[')) {
        return end.ends_with(']') && line.find_first_of(",:{") == std::string_view::npos;
    }
    const std::size_t key = std::min(line.find_first_not_of(letters), line.size());
    const std::size_t equals = line.find_first_not_of(" \t", key);
    return key > 0 && equals != std::string_view::npos && line[equals] == '=';
}

}  // namespace

Node parse_document(std::string_view text, Report& report, const DocumentBounds& bounds) {
    const std::string_view fault = ferrotunnel::detail::take_byte_order_mark(text);
    Node empty;
    empty.kind = Node::Kind::map;
    empty.place = {1, 1};
    if (text.size() > limits::config_file_bytes_max) {
        report.add({}, "", "longer than " + std::to_string(limits::config_file_bytes_max) + " bytes");
        return empty;
    }
    if (!fault.empty()) {
        report.add({1, 1}, "", "this file " + std::string(fault));
        return empty;
    }
    if (!is_text(text, report)) {
        return empty;
    }
    if (looks_like_toml(text)) {
        report.add({1, 1}, "",
                   "this is TOML, but configurations are YAML; `ferrotunnel import` translates files of other tunnels");
        return empty;
    }
    Node root = run_parser(text, bounds, report);
    if (root.kind == Node::Kind::map) {
        return root;
    }
    if (report.empty()) {
        report.add({1, 1}, "",
                   root.kind == Node::Kind::nothing
                       ? "the file is empty"
                       : "expected `key: value` at the top of the file, found " + describe(root));
    }
    return empty;
}

}  // namespace ferrotunnel::config
