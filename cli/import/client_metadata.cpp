#include "client_metadata.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "limits.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing {
namespace {

bool is_key(std::string_view name) {
    return !name.empty() && name.size() <= metadata_key_max && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

std::size_t bytes_of(const Node& metadata) {
    std::size_t bytes = 0;
    for (const Node& pair : metadata.children()) {
        bytes += pair.key().size() + pair.scalar().size();
    }
    return bytes;
}

}  // namespace

void add_client_metadata(Draft& draft, const Origin& origin, const std::string& full, const std::string& name,
                         const std::string& value) {
    if (is_secret_key(name)) {
        draft.lose(origin, full, "metadata of a client is not secret, and this seems to be",
                   "give the client a token of its own, whose name plugins see");
        return;
    }
    if (!is_key(name) || value.size() > metadata_value_max) {
        draft.lose(origin, full, "a key of metadata has up to 64 letters, digits and `._-`, its value up to 256 bytes",
                   "set `client.metadata` with another key or value");
        return;
    }
    const Node* const present = draft.client.find_child("metadata");
    const bool is_new = present == nullptr || present->find_child(name) == nullptr;
    if (present != nullptr && ((is_new && present->children().size() >= metadata_pairs_max) ||
                               bytes_of(*present) + name.size() + value.size() > metadata_bytes_max)) {
        draft.lose(origin, full, "a client has up to 16 texts of metadata, with 1,024 bytes in all",
                   "leave out what the server does not need");
        return;
    }
    draft.client.at("metadata").put(name, value, origin);
}

void add_client_metadata(Draft& draft, Origin origin, const std::string& full, std::span<const std::string> pairs) {
    const auto name_of = [](const std::string& pair) { return pair.substr(0, pair.find('=')); };
    if (std::ranges::any_of(pairs, [&](const std::string& pair) { return is_secret_key(name_of(pair)); })) {
        origin.text.clear();  // it has the value
    }
    for (const std::string& pair : pairs) {
        const std::string name = name_of(pair);
        if (name.size() == pair.size()) {
            draft.lose(origin, full, "metadata of a client is written NAME=VALUE", "set `client.metadata`");
        } else {
            add_client_metadata(draft, origin, full, name, pair.substr(name.size() + 1));
        }
    }
}

}  // namespace ferrotunnel::cli::importing
