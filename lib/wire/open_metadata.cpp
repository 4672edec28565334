#include "wire/open_metadata.hpp"

#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "wire/cbor.hpp"

namespace ferrotunnel::wire {

std::vector<std::uint8_t> encode_open_metadata(const OpenMetadata& metadata) {
    const std::pair<const char*, const std::string*> entries[] = {
        {"host", &metadata.host}, {"service", &metadata.service}, {"token", &metadata.token}};
    std::size_t count = 0;
    for (const auto& [key, text] : entries) {
        count += text->empty() ? 0U : 1U;
    }
    if (count == 0) {
        return {};
    }
    cbor::Writer writer;
    writer.map(count);
    for (const auto& [key, text] : entries) {
        if (!text->empty()) {
            writer.text(key).text(printable(*text, limits::open_host_max));
        }
    }
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
    const auto read = [&root](const char* key, std::string& into) {
        const auto entry = root->find(key);
        const auto text = entry ? entry->as_text() : std::nullopt;
        if (text && text->size() <= limits::open_host_max && is_printable(*text)) {
            into = *text;
        }
    };
    read("host", metadata.host);
    read("service", metadata.service);
    read("token", metadata.token);
    return metadata;
}

}  // namespace ferrotunnel::wire
