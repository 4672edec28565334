#include "wire/open_metadata.hpp"

#include "base/limits.hpp"
#include "base/text.hpp"
#include "wire/cbor.hpp"

namespace ferrotunnel::wire {

std::vector<std::uint8_t> encode_open_metadata(const OpenMetadata& metadata) {
    if (metadata.host.empty()) {
        return {};
    }
    cbor::Writer writer;
    writer.map(1);
    writer.text("host").text(printable(metadata.host, limits::open_host_max));
    return writer.take();
}

OpenMetadata read_open_metadata(Bytes bytes) {
    OpenMetadata metadata;
    if (bytes.empty()) {
        return metadata;
    }
    const auto root = cbor::parse(bytes);
    if (!root || root->type() != cbor::Type::map) {
        return metadata;
    }
    const auto host = root->find("host");
    const auto text = host ? host->as_text() : std::nullopt;
    if (text && text->size() <= limits::open_host_max && is_printable(*text)) {
        metadata.host = *text;
    }
    return metadata;
}

}  // namespace ferrotunnel::wire
