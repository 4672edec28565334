// Members that have a meaning only together: {"name": "password", "value": "x"} in any order, as archives, forms and
// lists of variables have them, and the private parts of a JSON Web Key beside its "kty".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/search.hpp"

namespace ferrotunnel::inspect {

/// The brackets around the place of a search, and the members seen within each. Beyond limits::inspect_brackets_max it
/// only counts them.
class Members {
public:
    Members() : open_(1) {}

    std::size_t depth() const noexcept { return open_.size() - 1 + beyond_; }
    void open(char bracket);
    /// Within "(", at any depth, as the arguments and variables of GraphQL are.
    bool in_arguments() const noexcept { return open_.back().in_arguments; }
    /// The innermost open brackets end before the position `end`. Without open brackets, nothing happens.
    void close(std::size_t end, Findings& findings, const Secrets& secrets);
    /// Between two members. Outside brackets: between lines and between items of a list.
    void end_member(std::size_t end);
    void end_item(std::size_t end, Findings& findings, const Secrets& secrets);
    /// The text is over, possibly before the end of a value.
    void finish(std::size_t end, Findings& findings, const Secrets& secrets);
    /// Adds a member whose name begins at `begin`. A secret by its own name ends with its value, other members end with
    /// the member. True: the member's neighbours decide whether it is a secret.
    bool add(std::string_view name, std::size_t begin, Range value, bool is_secret);

private:
    enum class Role : std::uint8_t { none, name, value, private_part };
    struct Member {
        Role role;
        Range value;
        bool is_secret;  // by its own name
        std::string name;
    };
    struct Brackets {
        std::vector<Member> members;
        bool has_open_end = false;  // of the last member
        bool is_key = false;
        bool in_arguments = false;
    };

    static Role role_of(std::string_view name) noexcept;
    static void settle(Brackets& brackets, bool is_cut, Findings& findings, const Secrets& secrets);
    static void end_last(Brackets& brackets, std::size_t end) noexcept;

    std::vector<Brackets> open_;  // the first one is the text itself
    std::size_t beyond_ = 0;
};

/// A value as written, without its quotes if it has any.
std::string_view without_quotes(std::string_view value) noexcept;

}  // namespace ferrotunnel::inspect
