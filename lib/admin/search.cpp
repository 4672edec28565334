#include "admin/search.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "admin/folder.hpp"
#include "admin/limits.hpp"
#include "base/text.hpp"

namespace ferrotunnel::admin {
namespace {

constexpr const char* root_folder = "/run/ferrotunnel";
constexpr std::string_view unit_folders = "/run/ferrotunnel-";

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

bool is_folder(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// The side in a socket's name: "server.sock", "client-4711.sock". Empty if it is not such a name.
std::string side_in(std::string_view name) {
    for (const std::string_view side : {"server", "client"}) {
        if (name.starts_with(side) && name.ends_with(".sock") && name.size() >= side.size() + 5) {
            const std::string_view between = name.substr(side.size(), name.size() - side.size() - 5);
            const bool fits =
                between.empty() || (between.front() == '-' && between.find_first_not_of("0123456789-") == between.npos);
            return fits ? std::string(side) : std::string();
        }
    }
    return {};
}

// The owner whose sockets in a folder this user trusts: itself. Root sends requests to programs of every user, each in
// a folder of its own.
uid_t believed_in(const std::string& folder, uid_t user) {
    struct stat status {};
    return user == 0 && ::stat(folder.c_str(), &status) == 0 ? status.st_uid : user;
}

void search_folder(const std::string& folder, uid_t user, Search& search) {
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), ::closedir);
    if (!entries) {
        return;
    }
    std::vector<FoundSocket> candidates;
    std::size_t seen = 0;
    while (const dirent* entry = ::readdir(entries.get())) {
        const std::string name = entry->d_name;
        if (std::string side = side_in(name); !side.empty()) {
            candidates.push_back({folder + '/' + name, std::move(side)});
        }
        if (++seen == limits::admin_folder_entries_max || candidates.size() == limits::admin_sockets_found_max) {
            break;
        }
    }
    if (candidates.empty()) {
        return;
    }
    const uid_t owner = believed_in(folder, user);
    if (const auto distrust = distrust_of_folder(folder, owner)) {
        search.problems.push_back(*distrust);
        return;
    }
    std::ranges::sort(candidates, {}, &FoundSocket::path);
    for (FoundSocket& candidate : candidates) {
        const Found found = probe_path(candidate.path, owner);
        if (found == Found::live) {
            search.sockets.push_back(std::move(candidate));
        } else if (found == Found::foreign) {
            search.problems.push_back("the socket " + in_quotes(candidate.path) + " belongs to another user");
        }
    }
}

// Folders of service managers, which root searches as well: /run/ferrotunnel-NAME.
std::vector<std::string> folders_of_units() {
    std::vector<std::string> folders;
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir("/run"), ::closedir);
    std::size_t seen = 0;
    while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
        const std::string path = std::string("/run/") + entry->d_name;
        if (path.starts_with(unit_folders) && is_folder(path)) {
            folders.push_back(path);
        }
        if (++seen == limits::admin_folder_entries_max || folders.size() == limits::admin_sockets_found_max) {
            break;
        }
    }
    std::ranges::sort(folders);
    return folders;
}

}  // namespace

std::vector<std::string> usual_folders(uid_t user) {
    if (const std::string managed = variable("RUNTIME_DIRECTORY"); managed.starts_with('/')) {
        return {managed.substr(0, managed.find(':'))};
    }
    if (user == 0) {
        return {root_folder};
    }
    std::vector<std::string> folders;
    const std::string session = variable("XDG_RUNTIME_DIR");
    if (session.starts_with('/')) {
        folders.push_back(session + "/ferrotunnel");
    } else if (const std::string own = "/run/user/" + std::to_string(user); is_folder(own)) {
        folders.push_back(own + "/ferrotunnel");
    }
    folders.emplace_back(root_folder);  // which a service manager may have created for this user
    return folders;
}

std::string usual_path(std::string_view side) {
    return usual_folders(::geteuid()).front() + '/' + std::string(side) + ".sock";
}

Search find_sockets() {
    const uid_t user = ::geteuid();
    Search search;
    std::vector<std::string> folders = usual_folders(user);
    if (folders.front() == root_folder) {
        std::ranges::move(folders_of_units(), std::back_inserter(folders));
    }
    for (const std::string& folder : folders) {
        search_folder(folder, user, search);
    }
    return search;
}

uid_t trusted_owner_of(const std::string& path) {
    return believed_in(folder_of(path), ::geteuid());
}

std::optional<std::string> distrust_of_socket(const std::string& path) {
    const std::string folder = folder_of(path);
    const uid_t user = believed_in(folder, ::geteuid());
    if (auto distrust = distrust_of_folder(folder, user)) {
        return distrust;
    }
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return std::nullopt;
    }
    if (!S_ISSOCK(status.st_mode)) {
        return in_quotes(path) + " is not a socket";
    }
    return status.st_uid == user
               ? std::nullopt
               : std::optional("the socket " + in_quotes(path) + " belongs to user " + std::to_string(status.st_uid));
}

}  // namespace ferrotunnel::admin
