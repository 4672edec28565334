// A secret in a JSON object, written and read without the copies that a JSON library leaves in freed memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel {

/// The text of a JSON object with one more member, a string, at its end. `object` is one line or many, and `name` needs
/// no escapes. Nothing else holds the secret: wipe the result.
std::string with_secret_member(std::string_view object, std::string_view name, std::string_view secret);

struct TakenMember {
    std::string secret{};  // wipe it
    std::string rest{};    // the object with an empty string in its place
};
/// Takes the string that is the member `name` out of a JSON object, for a parser that reads the rest. Empty if there is
/// no such string; whether the rest is JSON is for the parser to find out.
std::optional<TakenMember> take_secret_member(std::string_view object, std::string_view name);

}  // namespace ferrotunnel
