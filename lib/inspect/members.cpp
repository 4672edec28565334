#include "inspect/members.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "http/field_name.hpp"
#include "inspect/limits.hpp"

namespace ferrotunnel::inspect {
namespace {

constexpr std::array<std::string_view, 8> names_of_names{"name",  "key",           "field",        "header",
                                                         "param", "parametername", "parameterkey", "parameter"};
constexpr std::array<std::string_view, 4> names_of_values{"value", "values", "val", "parametervalue"};
constexpr std::array<std::string_view, 7> private_parts{"d", "dp", "dq", "k", "p", "q", "qi"};  // RFC 7518
constexpr std::string_view member_blanks = " \t\r\n";

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& all, std::string_view name) noexcept {
    return std::any_of(all.begin(), all.end(), [&](std::string_view one) { return http::same_text(one, name); });
}

// A secret with a mask in its notation.
void add_masked(Findings& findings, Range value, std::string name) {
    const char first = value.begin < value.end ? findings.text()[value.begin] : '"';
    const std::string_view written = first == '\'' ? "'***'"
                                     : std::string_view("\"[{-0123456789tfn").find(first) != std::string_view::npos
                                         ? "\"***\""
                                         : mask;
    findings.add_secret(value.begin, value.end, std::move(name), written);
}

}  // namespace

std::string_view without_quotes(std::string_view value) noexcept {
    if (value.starts_with('"') || value.starts_with('\'')) {
        const char quote = value.front();
        value.remove_prefix(1);
        value.remove_suffix(value.ends_with(quote) ? 1 : 0);
    }
    return value;
}

Members::Role Members::role_of(std::string_view name) noexcept {
    return is_one_of(names_of_names, name)    ? Role::name
           : is_one_of(names_of_values, name) ? Role::value
           : is_one_of(private_parts, name)   ? Role::private_part
                                              : Role::none;
}

void Members::open(char bracket) {
    if (open_.size() <= limits::inspect_brackets_max) {
        const bool in_arguments = bracket == '(' || open_.back().in_arguments;
        open_.emplace_back().in_arguments = in_arguments;
    } else {
        ++beyond_;
    }
}

void Members::close(std::size_t end, Findings& findings, const Secrets& secrets) {
    if (beyond_ > 0) {
        --beyond_;
    } else if (open_.size() > 1) {
        end_last(open_.back(), end);
        settle(open_.back(), false, findings, secrets);
        open_.pop_back();
    }
}

void Members::end_last(Brackets& brackets, std::size_t end) noexcept {
    if (brackets.has_open_end) {
        Range& value = brackets.members.back().value;
        value.end = std::max(value.begin, end);
        brackets.has_open_end = false;
    }
}

void Members::end_member(std::size_t end) {
    if (beyond_ == 0) {
        end_last(open_.back(), end);
    }
}

void Members::end_item(std::size_t end, Findings& findings, const Secrets& secrets) {
    if (depth() == 0) {
        end_last(open_.front(), end);
        settle(open_.front(), false, findings, secrets);
        open_.front() = {};
    }
}

void Members::finish(std::size_t end, Findings& findings, const Secrets& secrets) {
    end = findings.text().substr(0, end).find_last_not_of(member_blanks) + 1;  // once, not for each of the brackets
    for (Brackets& brackets : open_) {
        end_last(brackets, end);
        settle(brackets, &brackets != &open_.front(), findings, secrets);
    }
}

bool Members::add(std::string_view name, std::size_t begin, Range value, bool is_secret) {
    if (beyond_ > 0) {
        return false;
    }
    Brackets& brackets = open_.back();
    brackets.is_key = brackets.is_key || name == "kty";
    const Role role = role_of(name);
    if (role == Role::none || brackets.members.size() == limits::inspect_brackets_max) {
        return false;
    }
    end_last(brackets, begin);
    brackets.has_open_end = !is_secret;
    brackets.members.push_back({role, value, is_secret, std::string(name)});
    return true;
}

void Members::settle(Brackets& brackets, bool is_cut, Findings& findings, const Secrets& secrets) {
    const auto is_value = [](const Member& one) { return one.role == Role::value; };
    const bool has_value = std::any_of(brackets.members.begin(), brackets.members.end(), is_value);
    bool is_named_secret = false;
    bool has_name = false;
    for (Member& one : brackets.members) {
        std::string_view text = findings.text().substr(one.value.begin, one.value.end - one.value.begin);
        text = text.substr(0, text.find_last_not_of(member_blanks) + 1);
        one.value.end = one.value.begin + text.size();
        if (one.role == Role::name) {
            // A value cut within its quotes may continue.
            const bool is_quoted = text.starts_with('"') || text.starts_with('\'');
            has_name = has_name || (is_quoted ? without_quotes(text).size() + 2 == text.size()
                                              : one.value.end < findings.text().size());
            is_named_secret = is_named_secret || names_secret(without_quotes(text), secrets);
        }
    }
    for (const Member& one : brackets.members) {
        const std::string_view text = findings.text().substr(one.value.begin, one.value.end - one.value.begin);
        bool is_hidden = one.is_secret;
        if (one.role == Role::value) {
            is_hidden = is_hidden || is_named_secret || (is_cut && !has_name && secrets.are_hidden());
        } else if (one.role == Role::private_part) {
            is_hidden = is_hidden || (brackets.is_key && secrets.are_hidden());
        } else {
            is_hidden = is_hidden && (!has_value || without_quotes(text) == mask);  // a mask is not a valid name
        }
        if (is_hidden) {
            add_masked(findings, one.value, one.name);
        }
    }
}

}  // namespace ferrotunnel::inspect
