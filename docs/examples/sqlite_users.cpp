// A server whose users are in a SQLite database: none is loaded beforehand, and one that is removed is out at once.
//
//    sqlite_users users.db 127.0.0.1:7835
//
// Commands on standard input: "add NAME" prints the new user's token, "remove NAME" ends the user's sessions.
#include <sqlite3.h>

#include <ferrotunnel/server.hpp>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

class Users {
public:
    explicit Users(const std::string& file) {
        if (sqlite3_open(file.c_str(), &database_) != SQLITE_OK) {
            throw std::runtime_error(sqlite3_errmsg(database_));
        }
        query("CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, name TEXT UNIQUE, token TEXT)");
    }
    ~Users() { sqlite3_close(database_); }

    // Returns the first row; empty if there is none.
    std::vector<std::string> query(const char* sql, const std::vector<std::string>& values = {}) {
        sqlite3_stmt* made = nullptr;
        const bool is_made = sqlite3_prepare_v2(database_, sql, -1, &made, nullptr) == SQLITE_OK;
        const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(made, sqlite3_finalize);
        for (std::size_t i = 0; i < values.size(); ++i) {
            sqlite3_bind_text(made, static_cast<int>(i + 1), values[i].c_str(), -1, SQLITE_TRANSIENT);
        }
        const int result = is_made ? sqlite3_step(made) : SQLITE_ERROR;
        if (result != SQLITE_ROW && result != SQLITE_DONE) {
            throw std::runtime_error(sqlite3_errmsg(database_));
        }
        std::vector<std::string> row;
        for (int i = 0; result == SQLITE_ROW && i < sqlite3_column_count(made); ++i) {
            row.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(made, i)));
        }
        return row;
    }

private:
    sqlite3* database_ = nullptr;
};

void run(const std::string& file, const std::string& bind) {
    Users users(file);
    // The handler has a thread of its own and may block. If it throws, the log says so, and the client retries.
    ferrotunnel::Server::Builder builder;
    builder.bind(bind).tcp_bind("127.0.0.1").log(ferrotunnel::stderr_log());
    builder.authenticate([&users](const ferrotunnel::ClientLogin& login, ferrotunnel::LoginReply reply) {
        const auto row = users.query("SELECT token, name FROM users WHERE id = ?", {login.token_id});
        row.empty() ? reply.refuse()
                    : reply.accept({.secret = ferrotunnel::Secret::from_string(row[0]), .name = row[1]});
    });
    ferrotunnel::Server server = builder.build();
    server.start();
    std::cout << "clients connect to " << server.client_endpoint() << '\n' << std::flush;
    for (std::string command, name; std::cin >> command >> name;) {
        if (command == "add") {
            const auto token = ferrotunnel::Secret::generate();
            users.query("INSERT INTO users VALUES (?, ?, ?)",
                        {ferrotunnel::token_id(token), name, std::string(token.reveal())});
            std::cout << name << ' ' << token.reveal() << '\n' << std::flush;
        } else if (const auto row = users.query("DELETE FROM users WHERE name = ? RETURNING id", {name});
                   !row.empty()) {
            server.revoke(row[0]);
        }
    }
}

int main(int argc, char** argv) try {
    run(argc == 3 ? argv[1] : "users.db", argc == 3 ? argv[2] : "127.0.0.1:7835");
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
