// The users with passwords: names and hashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ferrotunnel::plugins {

class Users {
public:
    static constexpr std::size_t file_max = 16 * 1024 * 1024;
    static constexpr std::size_t users_max = 100'000;
    static constexpr std::size_t name_max = 255;

    /// Why this name is not valid, in words that follow the name's place; empty if it is valid.
    static std::string name_fault(std::string_view name);

    /// Adds a user whose name and hash are valid. False if the name exists.
    bool add(std::string name, std::string hash);
    /// Adds the users of a file in the format of htpasswd: name:hash in each line; empty lines and those that begin
    /// with '#' are skipped. Throws std::runtime_error with words that follow the file's name.
    void add_file(std::string_view text);

    bool empty() const noexcept { return hashes_.empty(); }
    /// The hash of that user; null if there is none. Valid until a user is added.
    const std::string* hash_of(const std::string& name) const;
    /// The hash that is checked for an unknown user. `any`: a pseudo-random number derived from the name. The costs
    /// occur as often as among the users, and most names keep theirs when users come and go. There must be users.
    const std::string& hash_for_unknown(std::uint32_t any) const;
    /// "bcrypt 05: 3, yescrypt j9T: 1" if the users' hashes differ in cost; otherwise empty.
    std::string costs() const;

private:
    struct Cost {
        std::size_t users = 0;
        std::size_t hash = 0;  // the index of one of them
    };

    std::map<std::string, Cost> costs_;                    // by password_hash_cost()
    std::unordered_map<std::string, std::size_t> places_;  // index of a user's hash
    std::vector<std::string> hashes_;
};

}  // namespace ferrotunnel::plugins
