// Search of texts that have names before values, in any notation: JSON and similar ones, GraphQL, YAML, lines of "name:
// value" or "name=value", log lines, URLs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inspect/members.hpp"
#include "inspect/search.hpp"

namespace ferrotunnel::inspect {

class NamesSearch {
public:
    NamesSearch(Findings& findings, Range range, bool bare_names, const Secrets& secrets)
        : findings_(findings),
          secrets_(secrets),
          text_(findings.text().substr(0, range.end)),
          at_(range.begin),
          begin_(range.begin),
          bare_names_(bare_names) {}

    void run();

private:
    /// How a value without quotes or brackets ends.
    enum class Ends : std::uint8_t { with_member, with_line, with_word };
    struct Name {
        std::string text{};
        std::size_t begin = 0;
        bool is_quoted = false;
        char separator = ':';
        Ends ends = Ends::with_member;
        std::size_t line_indent = 0;
    };

    void step();
    void scan_string(char quote);
    void scan_word();
    void scan_parameter();
    void scan_user();
    void begin_line();
    void scan_value(Name name, std::size_t separator);
    void scan_contents(std::size_t value, std::size_t end);

    bool begins_string(char quote);
    bool is_variable(std::size_t value) const noexcept;
    std::optional<std::size_t> string_end(std::size_t quote) const;
    std::size_t value_end(std::size_t value, const Name& name) const;
    std::size_t brackets_end(std::size_t value) const;
    std::size_t block_end(std::size_t line_end, std::size_t indent) const;
    std::string_view mask_of(const Name& name, std::size_t value) const;
    char at(std::size_t place) const noexcept { return place < text_.size() ? text_[place] : '\0'; }
    std::size_t skip_blanks(std::size_t place, bool over_lines) const noexcept;

    Findings& findings_;
    const Secrets& secrets_;
    const std::string_view text_;
    Members members_;
    std::size_t at_;
    const std::size_t begin_;
    std::size_t wrapped_until_ = 0;  // the text before this was already searched without its wrapping
    std::size_t line_ = 0;           // where the line begins
    bool in_line_begin_ = true;      // only whitespace and "- " precede
    bool has_single_quotes_ = true;  // false if there are no more closed ones
    const bool bare_names_;
};

}  // namespace ferrotunnel::inspect
