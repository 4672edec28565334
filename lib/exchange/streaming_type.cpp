#include "exchange/streaming_type.hpp"

#include <algorithm>
#include <array>

#include "http/field_name.hpp"

namespace ferrotunnel::exchange {
namespace {

/// Those that end with `+` are followed by the name of a codec.
constexpr std::array<std::string_view, 13> types{
    "application/grpc",         "application/grpc+",       "application/grpc-web",    "application/grpc-web+",
    "application/connect+",     "application/x-ndjson",    "application/ndjson",      "application/jsonl",
    "application/json-seq",     "application/x-jsonlines", "application/stream+json", "text/event-stream",
    "multipart/x-mixed-replace"};

}  // namespace

bool is_streaming_type(std::string_view content_type) noexcept {
    return std::any_of(types.begin(), types.end(), [content_type](std::string_view type) {
        if (!http::same_text(content_type.substr(0, type.size()), type)) {
            return false;
        }
        const std::string_view rest = content_type.substr(type.size());
        return type.back() == '+' ? !rest.empty()
                                  : rest.empty() || rest.front() == ';' || rest.front() == ' ' || rest.front() == '\t';
    });
}

}  // namespace ferrotunnel::exchange
