#include "auth/users.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "auth/password_hash.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

std::string Users::name_fault(std::string_view name) {
    if (name.empty() || name.size() > name_max || name.find(':') != std::string_view::npos) {
        return "is not a valid user name: it has 1 to 255 bytes, and no ':'";
    }
    // The backend gets the name in a field.
    return plugin::may_write("X-User", name)
               ? ""
               : "is not a valid user name: it has a control character, or begins or ends with whitespace";
}

bool Users::add(std::string name, std::string hash) {
    const bool is_new = places_.emplace(std::move(name), hashes_.size()).second;
    if (is_new) {
        Cost& cost = costs_.try_emplace(password_hash_cost(hash), Cost{0, hashes_.size()}).first->second;
        ++cost.users;
        hashes_.push_back(std::move(hash));
    }
    return is_new;
}

void Users::add_file(std::string_view text) {
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const std::string place = "has a line (" + std::to_string(number) + ") whose ";
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            throw std::runtime_error("has a line (" + std::to_string(number) + ") without ':'; expected NAME:HASH");
        }
        const std::string_view name = line.substr(0, colon);
        const std::string_view hash = line.substr(colon + 1);
        if (const std::string fault = name_fault(name); !fault.empty()) {
            throw std::runtime_error(place + "name " + fault);
        }
        if (const std::string fault = password_hash_fault(hash); !fault.empty()) {
            throw std::runtime_error(place + "hash " + fault);
        }
        if (hashes_.size() == users_max) {
            throw std::runtime_error("has more than 100000 users");
        }
        if (!add(std::string(name), std::string(hash))) {
            throw std::runtime_error(place + "user \"" + std::string(name) + "\" already exists");
        }
    }
}

const std::string* Users::hash_of(const std::string& name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &hashes_[found->second];
}

const std::string& Users::hash_for_unknown(std::uint32_t any) const {
    std::uint64_t place = std::uint64_t{any} * hashes_.size() >> 32;  // less than the number of users
    auto cost = costs_.begin();
    for (; place >= cost->second.users; ++cost) {
        place -= cost->second.users;
    }
    return hashes_[cost->second.hash];
}

std::string Users::costs() const {
    std::string all;
    for (const auto& [name, cost] : costs_) {
        all += (all.empty() ? "" : ", ") + name + ": " + std::to_string(cost.users);
    }
    return costs_.size() > 1 ? all : std::string();
}

}  // namespace ferrotunnel::plugins
