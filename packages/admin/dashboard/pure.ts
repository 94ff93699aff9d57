import { Component } from 'preact';

/** A component that is drawn again only when one of its properties is another one. */
export abstract class Pure<P extends object> extends Component<P> {
  override shouldComponentUpdate(next: P): boolean {
    const names = Object.keys(next) as (keyof P)[];
    return names.some((name) => next[name] !== this.props[name]);
  }
}
