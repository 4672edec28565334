# cmake --install: headers, the library, the CMake package, the pkg-config file, the program and its
# unit for systemd. `--component static` and `--component shared` install one kind of the library alone; without it, the
# kind of BUILD_SHARED_LIBS.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ferrotunnel)
file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
list(TRANSFORM FERROTUNNEL_ASIO_DEFINITIONS PREPEND "-D" OUTPUT_VARIABLE pc_definitions)
list(JOIN pc_definitions " " pc_definitions)

# ft_package(KIND library program [EXCLUDE_FROM_ALL]): everything that is installed with this kind of the library.
function(ft_package kind library program)
  string(TOLOWER ${kind} component)
  set(install_options COMPONENT ${component} ${ARGN})
  set(generated ${PROJECT_BINARY_DIR}/package/${component})

  install(TARGETS ${library} EXPORT ferrotunnel_${component}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} ${install_options}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ${install_options}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  if(TARGET ${program})
    # The program finds a shared library of the same installation wherever that was put.
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} ${install_options})
    # Where systemd looks, for a prefix of /usr or /usr/local.
    configure_file(${PROJECT_SOURCE_DIR}/cli/systemd/ferrotunnel@.service.in ${generated}/ferrotunnel@.service @ONLY)
    install(FILES ${generated}/ferrotunnel@.service DESTINATION lib/systemd/system ${install_options})
  endif()
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ ${FERROTUNNEL_GENERATED_INCLUDE_DIR}/
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${install_options} FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")

  get_property(plugins GLOBAL PROPERTY FERROTUNNEL_PLUGINS)
  list(TRANSFORM plugins APPEND _file)
  install(TARGETS ${plugins} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/ferrotunnel/plugins ${install_options})

  # The two kinds' files differ in name, since CMake writes both into one folder of the build.
  set(targets_file ferrotunnelTargets-${component}.cmake)
  install(EXPORT ferrotunnel_${component} FILE ${targets_file} NAMESPACE ferrotunnel:: DESTINATION ${package_dir}
    ${install_options})
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ferrotunnelConfig.cmake.in
    ${generated}/ferrotunnelConfig.cmake INSTALL_DESTINATION ${package_dir})
  write_basic_package_version_file(${generated}/ferrotunnelConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${generated}/ferrotunnelConfig.cmake ${generated}/ferrotunnelConfigVersion.cmake
    DESTINATION ${package_dir} ${install_options})

  # A static library brings its users the libraries below it; a shared one knows its own.
  set(pc_requires "")
  if(kind STREQUAL "STATIC")
    set(pc_requires "openssl >= 3.0, fmt, re2, libnghttp2, yaml-cpp, zlib, libbrotlidec")
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/ferrotunnel.pc.in ${generated}/ferrotunnel.pc @ONLY)
  install(FILES ${generated}/ferrotunnel.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig ${install_options})
endfunction()

ft_package(${FERROTUNNEL_KIND} ferrotunnel_library ferrotunnel)
if(FERROTUNNEL_OTHER_KIND)
  ft_package(${FERROTUNNEL_OTHER_KIND} ferrotunnel_library_other ferrotunnel_other EXCLUDE_FROM_ALL)
endif()
