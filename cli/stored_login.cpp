#include "stored_login.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "environment.hpp"
#include "ferrotunnel/detail/whole_file.hpp"
#include "ferrotunnel/error.hpp"
#include "new_file.hpp"
#include "print_error.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {

std::string login_file() {
    if (const std::string config = environment_variable("XDG_CONFIG_HOME"); config.starts_with('/')) {
        return config + "/ferrotunnel/login";
    }
    const std::string home = environment_variable("HOME");
    return home.empty() ? std::string() : home + "/.config/ferrotunnel/login";
}

std::string known_servers_file() {
    const std::string login = login_file();
    return login.empty() ? login : login + ".servers";
}

void store_login(const Join& join) {
    const std::filesystem::path path = login_file();
    if (path.empty()) {
        throw std::system_error(ENOENT, std::generic_category(), "cannot save the login without $HOME");
    }
    make_new_folder(path.parent_path(), 0700);
    const Secret text = join_string(join);
    if (const std::error_code error = detail::write_whole_file(path, text.reveal(), {})) {
        throw std::system_error(error, "cannot write " + path.string());
    }
}

std::optional<Join> stored_login(Problems& problems) {
    const std::string path = login_file();
    if (path.empty() || !is_there(path)) {
        return std::nullopt;
    }
    std::string error;
    try {
        const Secret text = Secret::from_file(path);
        if (text.exposed()) {
            print_error("warning: other users can read the token in {}; `chmod 600` it\n", printable(path));
        }
        if (auto join = parse_join(text.reveal(), error)) {
            return join;
        }
    } catch (const config_error& wrong) {
        error = wrong.problems().front().text;
    }
    problems.add(path, error + "; `ferrotunnel login` writes it again");
    return std::nullopt;
}

}  // namespace ferrotunnel::cli
