#include "inspect/search_names.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace ferrotunnel::inspect {
namespace {

constexpr std::string_view line_blanks = " \t\r";
constexpr std::string_view openers = "{[(";
constexpr std::string_view closers = "}])";
constexpr std::string_view word_ends = " \t\r\n,;&\"'<>)]}";

bool is_in(std::string_view set, char c) noexcept {
    return c != '\0' && set.find(c) != std::string_view::npos;
}
bool begins_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit_of_name(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_of_word(char c) noexcept {
    return begins_word(c) || is_digit_of_name(c) || c == '-' || c == '.';
}
// Words that may precede the name of a line: "export TOKEN=x".
bool is_before_name(std::string_view word) noexcept {
    return word == "export" || word == "set" || word == "env" || word == "ENV";
}

}  // namespace

void search_names(Findings& findings, Range range, bool bare_names, const Secrets& secrets) {
    NamesSearch(findings, range, bare_names, secrets).run();
}

void NamesSearch::run() {
    line_ = at_;
    while (at_ < text_.size()) {
        const std::size_t before = at_;
        step();
        check(at_ > before, "each step of a search of names advances");
    }
    members_.finish(text_.size(), findings_, secrets_);
}

void NamesSearch::step() {
    const char c = text_[at_];
    if (c == '\n') {
        begin_line();
        return;
    }
    if (bare_names_ && begins_word(c)) {
        scan_word();
        return;
    }
    if ((c == '"' || c == '\'') && begins_string(c)) {
        scan_string(c);
    } else if (bare_names_ && is_in("?&;#", c)) {
        scan_parameter();
    } else if (c == ':' && at(at_ + 1) == '/' && at(at_ + 2) == '/') {
        scan_user();
    } else {
        if (is_in(openers, c)) {
            members_.open(c);
        } else if (is_in(closers, c)) {
            members_.close(at_, findings_, secrets_);
        } else if (c == ',') {
            members_.end_member(at_);
        }
        if (c == '-' && in_line_begin_) {
            members_.end_item(at_, findings_, secrets_);
        }
        in_line_begin_ = in_line_begin_ && (c == '-' || c == '$' || is_in(line_blanks, c));
        ++at_;
        return;
    }
    in_line_begin_ = false;
}

void NamesSearch::begin_line() {
    if (members_.depth() == 0) {
        members_.end_member(at_);
    }
    line_ = ++at_;
    in_line_begin_ = true;
}

std::size_t NamesSearch::skip_blanks(std::size_t place, bool over_lines) const noexcept {
    while (is_in(line_blanks, at(place)) || (over_lines && at(place) == '\n')) {
        ++place;
    }
    return place;
}

// --- names ---

// In prose an apostrophe is within a word, and in a program a string does not extend over lines. Before a string that
// is followed by a word ("'tis {'password'") is a quote that is not its own.
bool NamesSearch::begins_string(char quote) {
    const char before = at_ > begin_ ? text_[at_ - 1] : ' ';
    if (!bare_names_) {
        const std::size_t end = text_.find_first_of("\"\n", at_ + 1);
        return quote == '"' && (end == std::string_view::npos || text_[end] == '"');
    }
    if (quote == '"' ? is_of_word(before) : !has_single_quotes_ || !is_in(" \t\n:=([{,", before)) {
        return false;  // 5" is a length
    }
    const std::optional<std::size_t> end = string_end(at_);
    if (quote == '\'') {
        has_single_quotes_ = end.has_value();
    }
    if (!end) {
        return quote == '"';
    }
    // A string with escapes counts. Without them, the next quote of this kind is its end, so nothing is scanned twice.
    const char next = at(*end);
    return !(begins_word(next) || is_digit_of_name(next)) ||
           text_.substr(at_, *end - at_).find('\\') != std::string_view::npos;
}

// For the string of this quote: the place after its other quote.
std::optional<std::size_t> NamesSearch::string_end(std::size_t quote) const {
    for (std::size_t place = quote + 1; place < text_.size(); ++place) {
        if (text_[place] == '\\') {
            ++place;
        } else if (text_[place] == text_[quote]) {
            return place + 1;
        }
    }
    return std::nullopt;
}

void NamesSearch::scan_string(char quote) {
    const std::size_t begin = at_ + 1;
    const std::optional<std::size_t> end = string_end(at_);
    const std::size_t content_end = end ? *end - 1 : text_.size();
    const Wrapping wrapping = quote == '"' ? Wrapping::double_quoted : Wrapping::single_quoted;
    at_ = end.value_or(text_.size());
    const std::size_t separator = skip_blanks(at_, true);
    if (end && (at(separator) == ':' || at(separator) == '=')) {
        Name name;
        name.text = unwrapped(text_.substr(begin, content_end - begin), wrapping);
        name.begin = begin - 1;
        name.is_quoted = true;
        name.separator = text_[separator];
        scan_value(std::move(name), separator);
    } else {
        findings_.add_wrapped(begin, content_end, wrapping);
    }
}

// A word without quotes is a name within brackets, at the start of a line, or before a value with quotes. Elsewhere
// "name=value" has one; "Unexpected token: x" does not.
void NamesSearch::scan_word() {
    const std::size_t begin = at_;
    const bool begins_line = std::exchange(in_line_begin_, false);
    while (at_ < text_.size() && is_of_word(text_[at_])) {
        ++at_;
    }
    const std::string_view word = text_.substr(begin, at_ - begin);
    in_line_begin_ = begins_line && is_before_name(word);
    const std::size_t separator = skip_blanks(at_, false);
    const char c = at(separator);
    // "$name: Type" of GraphQL.
    const bool has_type = begin > begin_ && text_[begin - 1] == '$' && c == ':' && members_.in_arguments();
    if ((c != ':' && c != '=') || has_type || text_.substr(separator).starts_with("://") || at(separator + 1) == ':') {
        return;
    }
    const bool is_joined = c == '=' && separator == at_ && !is_in(" \t\r\n", at(separator + 1));
    const bool is_before_quote = is_in("\"'", at(skip_blanks(separator + 1, false)));
    const bool in_brackets = members_.depth() > 0;
    if (!in_brackets && !begins_line && !is_joined && !is_before_quote) {
        return;
    }
    Name name;
    name.text = word;
    name.begin = begin;
    name.separator = c;
    name.ends = in_brackets ? Ends::with_member : begins_line ? Ends::with_line : Ends::with_word;
    name.line_indent = begin - line_;
    scan_value(std::move(name), separator);
}

// "name=value" in a URL, or after a semicolon as in fields.
void NamesSearch::scan_parameter() {
    const char before = text_[at_++];
    const std::size_t begin = before == ';' ? skip_blanks(at_, false) : at_;
    const std::size_t equals = text_.find_first_of("= \t\r\n\"'<>&;?#{}(),:", begin);
    if (at(equals) != '=' || equals == begin) {
        return;
    }
    const std::size_t value = equals + 1;
    const std::string_view stops = before == ';' ? " \t\r\n\"'<>&#;" : " \t\r\n\"'<>&#";
    const auto value_end = [&] {
        return at(value) == '"' ? string_end(value).value_or(text_.size())
                                : std::min(text_.find_first_of(stops, value), text_.size());
    };
    at_ = value;
    const std::string name = unwrapped(text_.substr(begin, equals - begin), Wrapping::percent);
    // Other parameters may begin in a value that is shown: searching its end for each of them would be more than one
    // pass.
    const std::string_view value_begin = text_.substr(value, deciding_bytes);
    const std::size_t quotes = at(value) == '"' ? 1 : 0;
    if (secrets_.hides_parameter(name, value_begin.substr(0, value_begin.find_first_of(stops, quotes)))) {
        at_ = value_end();
        findings_.add_secret(value, at_, name);
    } else if (value >= wrapped_until_) {
        wrapped_until_ = value_end();
        if (text_.substr(value, wrapped_until_ - value).find('%') != std::string_view::npos) {
            findings_.add_wrapped(value, wrapped_until_, Wrapping::percent);
        }
    }
}

// "://user:password@host".
void NamesSearch::scan_user() {
    at_ += 3;
    const std::size_t end = std::min(text_.find_first_of("/?# \t\r\n\"'<>\\,", at_), text_.size());
    const std::size_t sign = text_.substr(at_, end - at_).rfind('@');
    if (sign != std::string_view::npos && secrets_.are_hidden()) {
        findings_.add_secret(at_, at_ + sign, "user");
    }
}

// --- values ---

void NamesSearch::scan_value(Name name, std::size_t separator) {
    at_ = separator + 1;
    at_ += is_in("=>", at(at_)) ? 1U : 0U;
    const std::size_t value = skip_blanks(at_, name.is_quoted || name.ends == Ends::with_member);
    // The start of a list suffices for this decision; searching for its end each time would be more than one pass.
    const bool has_brackets = is_in(openers, at(value));
    const std::string_view begin = text_.substr(std::min(value, text_.size()), deciding_bytes);
    const bool may_be_variable = !name.is_quoted && name.separator == ':' && members_.in_arguments();
    bool is_secret = secrets_.hides(name.text, has_brackets ? begin : "?") && !(may_be_variable && is_variable(value));
    std::size_t end = value;
    if (is_secret) {
        end = value_end(value, name);
        is_secret = has_brackets || secrets_.hides(name.text, text_.substr(value, end - value));
    }
    at_ = value;
    // A secret with several lines or in brackets cannot be the name of another one; searching in it too would be a
    // second pass.
    const bool is_large = is_secret && (has_brackets || text_.substr(value, end - value).find('\n') != text_.npos);
    const bool is_held = !is_large && members_.add(name.text, name.begin, {value, end}, is_secret);
    if (!is_secret) {
        return;
    }
    at_ = end;
    if (is_held) {
        scan_contents(value, end);
        return;
    }
    findings_.add_secret(value, end, name.text, mask_of(name, value));
}

// "$name" of GraphQL with what may follow it: "$2y$10$..." is a secret, and a truncated one may be.
bool NamesSearch::is_variable(std::size_t value) const noexcept {
    const std::size_t begin = value + 1;
    std::size_t end = begin;
    while (begins_word(at(end)) || (end > begin && is_digit_of_name(at(end)))) {
        ++end;
    }
    return at(value) == '$' && end > begin && is_in(" \t\r\n,)]}", at(end));
}

// A value that is not masked yet: its neighbours may still show that it is only the name of a secret, as in
// {"name": "password", "value": "x"}. The secrets within it are searched.
void NamesSearch::scan_contents(std::size_t value, std::size_t end) {
    const std::string_view text = without_quotes(text_.substr(value, end - value));
    const auto begin = static_cast<std::size_t>(text.data() - text_.data());
    findings_.add_wrapped(begin, begin + text.size(),
                          at(value) == '\''  ? Wrapping::single_quoted
                          : at(value) == '"' ? Wrapping::double_quoted
                                             : Wrapping::none);
}

std::string_view NamesSearch::mask_of(const Name& name, std::size_t value) const {
    const char c = at(value);
    if (c == '\'') {
        return "'***'";
    }
    const bool is_number = members_.depth() > 0 && is_in("{[-0123456789", c);
    return c == '"' || name.is_quoted || is_number ? "\"***\"" : mask;
}

std::size_t NamesSearch::value_end(std::size_t value, const Name& name) const {
    const char c = at(value);
    if (c == '"' || c == '\'') {
        return string_end(value).value_or(text_.size());
    }
    if (is_in(openers, c)) {
        return brackets_end(value);
    }
    const std::string_view stops = name.ends == Ends::with_line   ? "\n"
                                   : name.ends == Ends::with_word ? word_ends
                                                                  : ",}])\n";
    std::size_t end = std::min(text_.find_first_of(stops, value), text_.size());
    const bool may_be_block =
        name.ends == Ends::with_line && name.separator == ':' && end < text_.size() && (is_in("|>", c) || c == '\n');
    if (may_be_block) {
        end = block_end(end, name.line_indent);
    }
    while (end > value && is_in(line_blanks, text_[end - 1])) {
        --end;
    }
    return end;
}

// Brackets within strings do not count.
std::size_t NamesSearch::brackets_end(std::size_t value) const {
    std::size_t depth = 0;
    for (std::size_t place = value; place < text_.size(); ++place) {
        if (text_[place] == '"') {
            place = string_end(place).value_or(text_.size()) - 1;
        } else if (is_in(openers, text_[place])) {
            ++depth;
        } else if (is_in(closers, text_[place]) && --depth == 0) {
            return place + 1;
        }
    }
    return text_.size();
}

// The following lines that belong to it in YAML: those with a larger indent, and items of a list.
std::size_t NamesSearch::block_end(std::size_t line_end, std::size_t indent) const {
    while (line_end < text_.size()) {
        const std::size_t line = line_end + 1;
        const std::size_t first = std::min(text_.find_first_not_of(' ', line), text_.size());
        const std::size_t next = std::min(text_.find('\n', line), text_.size());
        const bool is_item = first - line == indent && at(first) == '-';
        if (first < next && first - line <= indent && !is_item) {
            break;
        }
        line_end = next;
    }
    return line_end;
}

}  // namespace ferrotunnel::inspect
