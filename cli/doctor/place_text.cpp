#include "doctor/place_text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ferrotunnel::cli::doctor {

EndpointParts parts_of(const std::string& endpoint) {
    EndpointParts parts;
    std::string rest = endpoint;
    if (const std::size_t end = rest.find("://"); end != std::string::npos) {
        parts.scheme = rest.substr(0, end);
        rest = rest.substr(end + 3);
        rest = rest.substr(0, rest.find('/'));
    }
    const std::size_t colon = rest.rfind(':');
    const bool has_port = colon != std::string::npos && rest.find(']', colon) == std::string::npos;
    if (has_port) {
        std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), parts.port);
    } else if (!parts.scheme.empty()) {
        parts.port = parts.scheme == "http" ? 80 : 443;
    }
    parts.host = rest.substr(0, has_port ? colon : std::string::npos);
    if (parts.host.size() > 2 && parts.host.front() == '[') {
        parts.host = parts.host.substr(1, parts.host.size() - 2);
    }
    return parts;
}

std::string example_of(const std::string& pattern, const std::string& random) {
    const std::size_t stars = pattern.find_first_not_of('*');
    if (stars == 0 || stars == std::string::npos) {
        return pattern.find('*') == std::string::npos ? pattern : std::string();
    }
    return random + pattern.substr(stars);
}

bool is_local_name(const std::string& name) {
    std::string lower = name.substr(0, name.ends_with('.') ? name.size() - 1 : name.size());
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower == "localhost" || lower.ends_with(".localhost");
}

BackendPlace backend_place(const std::string& local) {
    BackendPlace place;
    std::string rest = local;
    if (const std::size_t end = rest.find("://"); end != std::string::npos) {
        place.port = rest.starts_with("h2c") ? 80 : 443;
        rest = rest.substr(end + 3);
    }
    const std::size_t colon = rest.rfind(':');
    const bool is_port = rest.find_first_not_of("0123456789") == std::string::npos;
    const bool has_port = colon != std::string::npos && rest.find(']', colon) == std::string::npos;
    if (is_port || has_port) {
        const char* const begin = rest.data() + (is_port ? 0 : colon + 1);
        std::from_chars(begin, rest.data() + rest.size(), place.port);
    }
    place.host = is_port ? "" : rest.substr(0, has_port ? colon : std::string::npos);
    if (place.host.empty()) {
        place.host = "localhost";
    }
    return place;
}

}  // namespace ferrotunnel::cli::doctor
