#include "http/version_reader.hpp"

#include "http/characters.hpp"

namespace ferrotunnel::http {

Fault read_version(std::string_view text, Version& version) noexcept {
    if (text == "HTTP/1.1") {
        version = Version::http11;
        return Fault::none;
    }
    constexpr std::string_view shape = "HTTP/1.1";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool digit = i == 5 || i == 7;
        if (digit ? !detail::is_of(text[i], detail::class_digit) : text[i] != shape[i]) {
            return Fault::bad_version;
        }
    }
    if (text.size() < version_bytes) {
        return Fault::none;
    }
    version = Version::http10;
    return text == "HTTP/1.0" ? Fault::none : Fault::version_not_supported;
}

}  // namespace ferrotunnel::http
