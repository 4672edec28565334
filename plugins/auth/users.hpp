// Who may come in with a password: names and hashes.
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

    /// Why this is not a valid name, in words that follow its place; empty: it is one.
    static std::string name_fault(std::string_view name);

    /// Adds a user whose name and hash have no faults. False: there is one of that name.
    bool add(std::string name, std::string hash);
    /// Adds the users of a file as htpasswd writes them: name:hash in each line; empty lines and those with '#' in
    /// front count for nothing. Throws std::runtime_error with words that follow the file's name.
    void add_file(std::string_view text);

    bool empty() const noexcept { return hashes_.empty(); }
    /// The hash of that user; null: there is none. Good until a user is added.
    const std::string* hash_of(const std::string& name) const;
    /// What is checked for a user who is not there. `any`: a number that stands for the name and is as good as random.
    /// Of all numbers, as many get a cost as users have it, and most get the same one when users come and go. There are
    /// users.
    const std::string& hash_for_unknown(std::uint32_t any) const;
    /// "bcrypt 05: 3, yescrypt j9T: 1" where users have hashes of more than one cost; else nothing.
    std::string costs() const;

private:
    struct Cost {
        std::size_t users = 0;
        std::size_t hash = 0;  // the place of one
    };

    std::map<std::string, Cost> costs_;                    // by password_hash_cost()
    std::unordered_map<std::string, std::size_t> places_;  // of their hashes
    std::vector<std::string> hashes_;
};

}  // namespace ferrotunnel::plugins
