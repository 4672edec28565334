#include "net/host_name.hpp"

#include "base/limits.hpp"

namespace ferrotunnel::net {

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool may_stand_in_label(char c) noexcept {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

// What is wrong with a label; null if it is valid. `label` is lower case.
const char* fault_of_label(std::string_view label) noexcept {
    if (label.empty()) {
        return "has an empty label";
    }
    if (label.size() > limits::host_label_max) {
        return "has a label of more than 63 bytes";
    }
    for (char c : label) {
        if (!may_stand_in_label(c)) {
            return "has a character that is not valid in a host name";
        }
    }
    return label.front() == '-' || label.back() == '-' ? "has a label that begins or ends with a hyphen" : nullptr;
}

bool all_digits(std::string_view label) noexcept {
    for (char c : label) {
        if (!is_digit(c)) {
            return false;
        }
    }
    return true;
}

const char* fault_of(std::string_view name) noexcept {
    if (name.empty()) {
        return "is empty";
    }
    if (name.size() > limits::host_name_max) {
        return "is longer than 253 bytes";
    }
    for (;;) {
        std::size_t dot = name.find('.');
        std::string_view label = name.substr(0, dot);
        if (const char* fault = fault_of_label(label)) {
            return fault;
        }
        if (dot == std::string_view::npos) {
            return all_digits(label) ? "is an address, or ends like one" : nullptr;
        }
        name.remove_prefix(dot + 1);
    }
}

}  // namespace

Result<std::string, const char*> normal_host_name(std::string_view name) {
    if (name.size() > 1 && name.ends_with('.')) {
        name.remove_suffix(1);
    }
    if (name.size() > limits::host_name_max) {
        return "is longer than 253 bytes";
    }
    std::string normal(name);
    for (char& c : normal) {
        c = lower(c);
    }
    if (const char* fault = fault_of(normal)) {
        return fault;
    }
    return normal;
}

Result<std::string, const char*> normal_host_pattern(std::string_view pattern) {
    if (!pattern.starts_with("*.")) {
        return normal_host_name(pattern);
    }
    auto rest = normal_host_name(pattern.substr(2));
    if (!rest) {
        return rest;
    }
    if (rest->size() + 2 > limits::host_name_max) {
        return "is longer than 253 bytes";
    }
    return "*." + *rest;
}

}  // namespace ferrotunnel::net
