// evenkeel/nginx: the udp frontends of a spec as nginx's configuration.
export * from '../emit/public.js';
export { type EmittedNginx, emitNginx, NGINX_FILE } from './emit-nginx.js';
