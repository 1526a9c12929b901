/** The X.509 library, after the polyfill that its dependency injection needs. */
import 'reflect-metadata';

export * from '@peculiar/x509';
