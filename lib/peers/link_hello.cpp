#include "peers/link_hello.hpp"

#include <string>

#include "wire/cbor.hpp"

namespace ferrotunnel::peers {

using wire::Code;
using wire::ControlError;

std::vector<std::uint8_t> encode_link_hello(const LinkHello& hello) {
    wire::cbor::Writer writer;
    writer.map(hello.kind ? 3 : 2);
    writer.text("version").unsigned_integer(LinkHello::version);
    if (hello.kind) {
        writer.text("kind").text(*hello.kind == LinkKind::control ? "control" : "data");
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
        if (!text || (*text != "control" && *text != "data")) {
            return ControlError{Code::unsupported, "the link's hello has an unknown kind"};
        }
        hello.kind = *text == "control" ? LinkKind::control : LinkKind::data;
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
