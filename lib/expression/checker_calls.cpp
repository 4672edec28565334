// Type checks of functions and methods.
#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "expression/checker.hpp"
#include "expression/limits.hpp"
#include "expression/operations.hpp"

namespace ferrotunnel::expression {
namespace {

constexpr std::string_view methods[] = {"startsWith", "endsWith", "contains", "matches", "lowerAscii", "size", "in"};
constexpr std::string_view functions[] = {"has", "size"};

}  // namespace

bool Checker::is_method(std::string_view name) noexcept {
    return std::find(std::begin(methods), std::end(methods), name) != std::end(methods);
}

Value Checker::check_function(const Syntax& part) {
    if (is_method(part.word) && part.word != "size") {
        return fail(part.offset, in_message(part.word) + " is a method; write it after a text and a dot");
    }
    if (part.word != "has" && part.word != "size") {
        return fail(part.offset, "unknown function " + in_message(part.word) + suggestion(part.word, functions));
    }
    if (part.parts.size() != 1) {
        return fail(part.offset, in_message(part.word) + " takes one argument");
    }
    if (part.word == "has") {
        return check_has(part.parts[0]);
    }
    Text text = check_text(part.parts[0], "the argument of `size`");
    return text ? size_of(std::move(text)) : Value();
}

Value Checker::check_has(const Syntax& argument) {
    if (argument.kind != Syntax::Kind::name && argument.kind != Syntax::Kind::entry) {
        return fail(argument.offset, "`has` takes an entry of a map, like has(note[\"key\"])");
    }
    auto use = use_entry(argument);
    return use ? has_entry(use->id, std::move(use->key)) : Value();
}

Value Checker::check_method(const Syntax& part) {
    const std::string& name = part.word;
    if (!is_method(name)) {
        return fail(part.offset, "unknown method " + in_message(name) + suggestion(name, methods));
    }
    if (name == "in") {
        return check_address_in(part);
    }
    Text text = check_text(part.parts[0], "what " + in_message(name) + " is called on");
    if (!text) {
        return {};
    }
    const bool takes_argument = name != "lowerAscii" && name != "size";
    if (part.parts.size() != (takes_argument ? 2 : 1)) {
        return fail(part.offset, in_message(name) + (takes_argument ? " takes one argument" : " takes no argument"));
    }
    if (name == "size") {
        return size_of(std::move(text));
    }
    if (name == "lowerAscii") {
        return lower_ascii(std::move(text));
    }
    if (name == "matches") {
        return check_matches(std::move(text), part.parts[1]);
    }
    Text argument = check_text(part.parts[1], "the argument of " + in_message(name));
    if (!argument) {
        return {};
    }
    return name == "startsWith" ? starts_with(std::move(text), std::move(argument))
           : name == "endsWith" ? ends_with(std::move(text), std::move(argument))
                                : contains(std::move(text), std::move(argument));
}

Value Checker::check_matches(Text text, const Syntax& argument) {
    if (argument.kind != Syntax::Kind::text) {
        return fail(argument.offset, "a regular expression must be a literal in quotes");
    }
    if (regexes_ == limits::expression_regexes_max) {
        return fail(argument.offset,
                    "the expression has more than " + std::to_string(regexes_) + " regular expressions");
    }
    ++regexes_;
    auto pattern = Pattern::compile(argument.word);
    if (!pattern) {
        return fail(argument.offset, "the regular expression " + pattern.error());
    }
    return matches(std::move(text), std::move(*pattern));
}

Value Checker::check_address_in(const Syntax& part) {
    Value value = check(part.parts[0]);
    if (mistake_) {
        return {};
    }
    auto* const address = std::get_if<Address>(&value);
    if (address == nullptr) {
        return fail(part.offset, "`in` is a method of addresses, and this is " + type_of(value));
    }
    if (part.parts.size() == 1) {
        return fail(part.offset, "`in` takes one network or more, like \"10.0.0.0/8\"");
    }
    std::vector<net::IpNetwork> networks;
    for (const Syntax& argument : std::span(part.parts).subspan(1)) {
        if (argument.kind != Syntax::Kind::text) {
            return fail(argument.offset, "a network must be a literal in quotes");
        }
        auto network = net::IpNetwork::parse(argument.word);
        if (!network) {
            return fail(argument.offset, in_message(argument.word) + ' ' + network.error());
        }
        networks.push_back(*network);
    }
    return is_in_networks(std::move(address->text), net::IpNetworks(std::move(networks)));
}

}  // namespace ferrotunnel::expression
