#include "peers/link_hello.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "wire/cbor.hpp"

namespace ferrotunnel::peers {

using wire::Code;
using wire::ControlError;

namespace {

constexpr std::array<std::pair<LinkKind, std::string_view>, 3> kinds{
    {{LinkKind::control, "control"}, {LinkKind::data, "data"}, {LinkKind::call, "call"}}};

std::string_view name_of(LinkKind kind) {
    return std::find_if(kinds.begin(), kinds.end(), [kind](const auto& one) { return one.first == kind; })->second;
}

std::optional<LinkKind> kind_of(std::string_view name) {
    const auto* const found =
        std::find_if(kinds.begin(), kinds.end(), [name](const auto& one) { return one.second == name; });
    return found != kinds.end() ? std::optional(found->first) : std::nullopt;
}

}  // namespace

std::vector<std::uint8_t> encode_link_hello(const LinkHello& hello) {
    wire::cbor::Writer writer;
    writer.map(hello.kind ? 3 : 2);
    writer.text("version").unsigned_integer(LinkHello::version);
    if (hello.kind) {
        writer.text("kind").text(name_of(*hello.kind));
    }
    writer.text("features").unsigned_integer(hello.features);
    return writer.take();
}

Result<LinkHello, ControlError> read_link_hello(Bytes message) {
    const auto parsed = wire::cbor::parse(message);
    if (!parsed) {
        return ControlError{Code::protocol,
                            "the link's hello is not valid: " + std::string(wire::cbor::describe(parsed.error()))};
    }
    const auto version = parsed->find("version");
    const auto number = version ? version->as_unsigned() : std::nullopt;
    if (!number) {
        return ControlError{Code::protocol, "the link's hello has no version"};
    }
    if (*number != LinkHello::version) {
        return ControlError{Code::version, "links of version " + std::to_string(*number) + " are not supported"};
    }
    LinkHello hello;
    if (const auto kind = parsed->find("kind")) {
        const auto text = kind->as_text();
        hello.kind = text ? kind_of(*text) : std::nullopt;
        if (!hello.kind) {
            return ControlError{Code::unsupported, "the link's hello has an unknown kind"};
        }
    }
    if (const auto features = parsed->find("features")) {
        const auto bits = features->as_unsigned();
        if (!bits) {
            return ControlError{Code::protocol, "the features in the link's hello are not a number"};
        }
        hello.features = *bits;
    }
    return hello;
}

}  // namespace ferrotunnel::peers
